# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow by name."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from anycam_ros.devices import choose_device
from anycam_ros.flow.dense_flow import DenseFlow
from anycam_ros.flow.dis import DisFlow

if TYPE_CHECKING:
    from torch import Tensor


def make_flow(name: str, device: str,
              embedded: Callable[[str], 'Mapping[str, Tensor] | None']) -> DenseFlow:
    """Return the optical flow of a name."""
    kind, _, model = name.partition(':')
    if kind == 'dis':
        return DisFlow()
    chosen = choose_device(device)
    if kind == 'raft':
        from anycam_ros.flow.raft import raft_flow
        return raft_flow(chosen)
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    return ptlflow_flow(model, chosen, embedded('image_processor.unimatch.')
                        if model == 'unimatch_sc2_ref6' else None)
