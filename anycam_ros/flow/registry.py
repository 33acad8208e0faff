# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Optical flow by name: a new model is one file beside this one, and one line here.

Networks, and the packages that they come from, are imported only where one is chosen.
"""

from typing import TYPE_CHECKING

from anycam_ros.devices import choose_device
from anycam_ros.flow.dense_flow import DenseFlow
from anycam_ros.flow.dis import DisFlow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

CHOICES = ('dis', 'raft', 'ptlflow:<model>')
PAPER_MODEL = 'unimatch_sc2_ref6'
"""The model of ptlflow that AnyCam was trained with; the official file holds its weights, too."""
PREFIX = 'image_processor.unimatch.'


def make_flow(name: str, device: str, weights: str = '') -> DenseFlow:
    """Return the optical flow of a name.

    device is 'auto', 'cuda' or 'cpu'; weights names the file with the AnyCam weights, if any.
    Raises DependencyError, WeightsError or ConfigError, each with the way out, where a network
    cannot be had.
    """
    kind, _, model = name.partition(':')
    if kind == 'dis':
        return DisFlow()
    chosen = choose_device(device)
    if kind == 'raft':
        from anycam_ros.flow.raft import raft_flow
        return raft_flow(chosen)
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    return ptlflow_flow(model, chosen, _embedded(weights) if model == PAPER_MODEL else None)


def _embedded(weights: str) -> 'Mapping[str, Tensor] | None':
    """Return the model's weights in the AnyCam file; None where it has none."""
    if not weights:
        return None
    from anycam_ros.weights.weights_file import embedded_weights
    return embedded_weights(weights, PREFIX) or None
