# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network front end as the configuration asks for it."""

from anycam_ros.depth.registry import make_depth_model
from anycam_ros.devices import choose_device
from anycam_ros.flow.registry import make_flow
from anycam_ros.frontend.front_end import FrontEndFactory
from anycam_ros.frontend.network.front_end import (
    NetworkFrontEnd,
    NetworkOptions,
    WORKING_SIDE_PX,
)
from anycam_ros.frontend.network.runtime import WindowSize
from anycam_ros.frontend.registry import FrontEndConfig
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.networks.anycam import load_checkpoint


def load_network(config: FrontEndConfig) -> FrontEndFactory:
    """Load weights, flow and depth once, for every stream to come.

    Raises DependencyError, WeightsError or ConfigError, each with the way out.
    """
    flow = make_flow(config.flow, config.device, config.weights)
    depth_model = make_depth_model(config.depth, config.device, config.weights)
    network = load_checkpoint(config.weights)
    options = NetworkOptions(
        WindowSize(config.network_window, config.network_both_directions),
        config.refine == 'window', config.network_reference_flow)

    def make(raw: Intrinsics, is_calibrated: bool) -> NetworkFrontEnd:
        scale = WORKING_SIDE_PX / min(raw.width, raw.height)
        camera = ProcessingCamera(
            raw.resized(round(raw.width * scale), round(raw.height * scale)), is_calibrated)
        return NetworkFrontEnd(network, camera, flow, choose_device(config.device), options,
                               depth_model)
    return make
