# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth by name."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from anycam_ros.devices import choose_device

if TYPE_CHECKING:
    from torch import Tensor

    from anycam_ros.depth.depth_model import DepthModel


def make_depth(name: str, device: str,
               embedded: Callable[[str], 'Mapping[str, Tensor] | None']) -> 'DepthModel | None':
    """Return the depth model of a name."""
    if name in ('none', 'topic'):
        return None
    kind, _, model = name.partition(':')
    chosen = choose_device(device)
    if kind == 'transformers':
        from anycam_ros.depth.transformers_model import transformers_depth
        return transformers_depth(model, chosen)
    from anycam_ros.depth.unidepth_model import unidepth_depth
    return unidepth_depth(chosen, embedded('depth_predictor.model.'))
