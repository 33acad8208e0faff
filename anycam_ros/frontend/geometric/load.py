# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the configuration to geometric front ends, one for each camera."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from anycam_ros.depth.noise import DepthNoise, LEARNED_DEPTH_NOISE
from anycam_ros.depth.registry import make_depth_model, NONE
from anycam_ros.flow.dis import DisFlow
from anycam_ros.flow.registry import make_flow
from anycam_ros.frontend.front_end import Depth, FrontEndConfig, FrontEndFactory
from anycam_ros.frontend.geometric.estimation.matcher import (
    DenseMatcher,
    Matchers,
    PatchMatcher,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.front_end import GeometricFrontEnd
from anycam_ros.frontend.geometric.mapping.depth_prior import DepthSource
from anycam_ros.frontend.geometric.options import GeometricOptions, QUALITIES
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.networks.motion_weights.channels import MotionNetwork
from anycam_ros.networks.motion_weights.runtime import OnnxMotionNetwork, runtime_is_installed

if TYPE_CHECKING:
    from anycam_ros.depth.depth_model import DepthModel


def load_geometric(config: FrontEndConfig,
                   options: GeometricOptions | None = None,
                   motion_network: MotionNetwork | None = None) -> FrontEndFactory:
    """Return what makes geometric front ends; its networks are loaded here, once.

    The options are those of config.quality where none are given, and the motion network that of
    config.uncertainty.
    Raises DependencyError, WeightsError or ConfigError, each with the way out, where a network
    cannot be had.
    """
    options = options or QUALITIES[config.quality]
    motion_network = motion_network or _motion_network(config.uncertainty)
    matchers = _matchers(config, options)
    depth_model = make_depth_model(config.depth, config.device, config.weights)
    depth_noise = DepthNoise() if depth_model is None else LEARNED_DEPTH_NOISE

    def make(raw: Intrinsics, is_calibrated: bool) -> GeometricFrontEnd:
        camera = ProcessingCamera(_working_size(raw, options.working_area_px), is_calibrated)
        focal = FocalState(camera.intrinsics.fx, is_calibrated, options=options.focal)
        return GeometricFrontEnd(
            camera, focal, matchers=matchers, refines=config.refine == 'window',
            depth_noise=depth_noise, depth=_depth_source(config.depth, depth_model),
            options=options, motion_network=motion_network)

    return make


def _motion_network(uncertainty: str) -> MotionNetwork | None:
    """Return the motion network; None where geometry alone tells what moves."""
    if uncertainty == 'epipolar' or (uncertainty == 'auto' and not runtime_is_installed()):
        return None
    _, _, file = uncertainty.partition(':')
    return OnnxMotionNetwork(Path(file)) if file else OnnxMotionNetwork()


def _matchers(config: FrontEndConfig, options: GeometricOptions) -> Matchers:
    """Return how images are matched; a network's flow serves in every case."""
    flow = make_flow(config.flow, config.device, config.weights)
    dense = DenseMatcher(flow, options.matching)
    if not isinstance(flow, DisFlow):
        return Matchers(dense, dense)
    return Matchers(dense, PatchMatcher(options.matching, options.coarse_flow))


def _working_size(raw: Intrinsics, area_px: int) -> Intrinsics:
    """Return the camera of an image of that area; its sides are even, and halves are exact."""
    scale = np.sqrt(area_px / (raw.width * raw.height))
    return raw.resized(2 * round(raw.width * scale / 2), 2 * round(raw.height * scale / 2))


def _depth_source(name: str, model: 'DepthModel | None') -> DepthSource:
    """Return what decides which depth a frame is seen with."""

    def depth(image: WorkingImage, measured_m: Depth | None) -> Depth | None:
        if model is not None:
            return model(image.rgb)
        return None if name == NONE else measured_m

    return depth
