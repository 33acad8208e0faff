# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refinement of the network's path: tracks through the flow between key frames (section 3.4)."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.frontend.common.refined_trajectory import PastPose, RefinedTrajectory
from anycam_ros.frontend.network.warp import flow_returns
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.networks.anycam.inputs.preprocessing import Map
from anycam_ros.refinement import (
    flow_tracks,
    FlowStep,
    Priors,
    refine,
    RefinementConfig,
    TrackGrid,
)

STRIDE = 3                      # frames from a key frame to the next
WINDOW = 8                      # key frames
DEPTH_STD = 0.1                 # relative, of what a depth sensor or network says


class KeyFrame(NamedTuple):
    """Hold a frame that tracks start in."""

    stamp_s: float
    image: Image
    depth_m: Map             # (H, W)
    uncertainty_px: Map      # (H, W)
    T_world_camera: Array    # (4, 4)


class KeyframeRefinement:
    """Hold the last key frames and the flow between them."""

    def __init__(self, flow: DenseFlow, centre_px: tuple[float, float]) -> None:
        """Start with no frame seen."""
        self._flow, self._centre_px = flow, centre_px
        self._grid = TrackGrid(length=WINDOW)
        self._path = RefinedTrajectory()
        self._restart()

    def clear(self) -> None:
        """Start again: no later frame is related to an earlier one. Their poses stay."""
        self._path.settle(self._T_camera_world)
        self._restart()

    def refined_trajectory(self, T_world_camera: Array) -> list[PastPose]:
        """Return the key frames so far as refinement sees them now, from a camera."""
        return self._path.seen_from(inverse(T_world_camera), self._T_camera_world)

    def count_frame(self) -> None:
        """Take note of a frame, which may become a key frame."""
        self._frames_since += 1

    @property
    def needs_key_frame(self) -> bool:
        """Return whether the newest frame shall be a key frame."""
        return not self._key_frames or self._frames_since >= STRIDE

    def add(self, key_frame: KeyFrame, focal_px: float) -> Array:
        """Take a key frame; return its refined T_world_camera, or the one it has."""
        self._frames_since = 0
        if self._key_frames:
            self._steps.append(self._step(self._key_frames[-1], key_frame))
        self._key_frames.append(key_frame)
        self._path.add(key_frame.stamp_s)
        if len(self._key_frames) > WINDOW:
            self._path.settle(self._T_camera_world[:1])
            del self._key_frames[0], self._steps[0]
        if len(self._key_frames) >= 3:
            self._refine(focal_px)
        return self._key_frames[-1].T_world_camera

    @property
    def _T_camera_world(self) -> list[Array]:  # noqa: N802
        return [inverse(key_frame.T_world_camera) for key_frame in self._key_frames]

    def _restart(self) -> None:
        self._key_frames: list[KeyFrame] = []
        self._steps: list[FlowStep] = []
        self._frames_since = 0

    def _step(self, before: KeyFrame, after: KeyFrame) -> FlowStep:
        forward, backward = self._flow.both_ways(before.image, after.image)
        returns = flow_returns(*(torch.from_numpy(flow).permute(2, 0, 1)
                                 for flow in (forward, backward)))
        return FlowStep(forward, before.uncertainty_px, returns.numpy(), before.depth_m)

    def _refine(self, focal_px: float) -> None:
        """Move the key frames, but for the oldest two, to where the tracks fit best.

        Depth holds the scale; the focal length stays the network's.
        """
        tracks = flow_tracks(self._steps, self._grid, self._centre_px)
        std = DEPTH_STD * tracks.inverse_depth
        information = np.where(np.isfinite(std), 1 / std ** 2, 0.0)
        # The paper's weights end at sigma_max; the priors count in observations of weight 1.
        tracks = replace(tracks, weight=tracks.weight / self._grid.maximum_uncertainty)
        result = refine(
            tracks, np.stack([key_frame.T_world_camera for key_frame in self._key_frames]),
            focal_px,
            RefinementConfig(kernel='cauchy', estimate_focal=False, fixed_scale=False,
                             fixed_frames=2 if len(self._key_frames) == WINDOW else 1),
            Priors(inverse_depth_information=information))
        if not result.not_observable:
            self._key_frames = [
                key_frame._replace(T_world_camera=T) for key_frame, T in zip(
                    self._key_frames, result.T_world_camera, strict=True)]
