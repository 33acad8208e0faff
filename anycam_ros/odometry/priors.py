# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The optical flow and the depth that the configuration chooses.

Networks, and the packages that they come from, are imported only where one is chosen.
"""

from typing import TYPE_CHECKING

from anycam_ros.devices import choose_device
from anycam_ros.flow.dense_flow import DenseFlow
from anycam_ros.flow.dis import DisFlow
from anycam_ros.odometry.config import OdometryConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from anycam_ros.depth.depth_model import DepthModel

MEASURED = ('none', 'topic')
"""The values of depth that need no model."""
PAPERS_FLOW = 'unimatch_sc2_ref6'
"""The model of ptlflow that AnyCam was trained with; its file holds these weights, too."""
FLOW_PREFIX, DEPTH_PREFIX = 'image_processor.unimatch.', 'depth_predictor.model.'


def make_flow(config: OdometryConfig) -> DenseFlow:
    """Return the optical flow that config.flow names.

    Raises DependencyError, WeightsError or ConfigError, each with the way out, where a network
    cannot be had.
    """
    kind, _, name = config.flow.partition(':')
    if kind == 'dis':
        return DisFlow()
    device = choose_device(config.device)
    if kind == 'raft':
        from anycam_ros.flow.raft import raft_flow
        return raft_flow(device)
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    return ptlflow_flow(name, device,
                        _embedded(config, FLOW_PREFIX) if name == PAPERS_FLOW else None)


def make_depth(config: OdometryConfig) -> 'DepthModel | None':
    """Return the depth model that config.depth names; None where depth is measured, or none.

    Raises DependencyError or WeightsError, each with the way out, where it cannot be had.
    """
    if config.depth in MEASURED:
        return None
    kind, _, name = config.depth.partition(':')
    device = choose_device(config.device)
    if kind == 'transformers':
        from anycam_ros.depth.transformers_model import transformers_depth
        return transformers_depth(name, device)
    from anycam_ros.depth.unidepth_model import unidepth_depth
    return unidepth_depth(device, _embedded(config, DEPTH_PREFIX))


def _embedded(config: OdometryConfig, prefix: str) -> 'Mapping[str, Tensor] | None':
    """Return what the AnyCam file holds of another network; None where it holds nothing of it."""
    if not config.weights:
        return None
    from anycam_ros.weights.weights_file import embedded_weights
    return embedded_weights(config.weights, prefix) or None
