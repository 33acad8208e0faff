# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The optical flow and the depth that the configuration chooses.

Networks, and the packages that they come from, are imported only where one is chosen.
"""

from typing import TYPE_CHECKING

from anycam_ros.flow.dense_flow import DenseFlow
from anycam_ros.flow.dis import DisFlow
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.torch_device import choose_device

if TYPE_CHECKING:
    from anycam_ros.depth.depth_model import DepthModel

MEASURED = ('none', 'topic')
"""The values of depth that need no model."""


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
    return ptlflow_flow(name, device)


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
    return unidepth_depth(device)
