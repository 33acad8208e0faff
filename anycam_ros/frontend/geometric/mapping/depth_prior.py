# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images make the map metric: what they say about its tracks, and about its scale.

The first depth image starts a map by itself. When depth comes later, the map is scaled to it; the
odometry is made of increments, so nothing jumps, and lengths are metres from then on. When depth
stops, the map keeps its unit as it does without depth.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.depth_image import (
    Depth,
    DepthSamples,
    DepthSamplingOptions,
    sample_depth,
)
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.mapping.seeding import SeedingOptions, textured_corners
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import Array, inverse

DepthSource = Callable[[WorkingImage, Depth | None], Depth | None]
"""Decide what depth a frame is seen with, from its image and what was measured with it."""

MINIMUM_Z = 0.05                 # of a point with z = 1 in its anchor camera; less is behind


@dataclass(frozen=True)
class DepthPriorOptions:
    """Choose which depth images and tracks are compared, and what of them fits."""

    minimum_points: int = 50           # with depth, to start a map or to name a scale
    minimum_relief: float = 1e-3       # of inverse depth; real noise alone makes more
    known_depth_ratio: float = 3.0     # of a track's inverse depth to its standard deviation
    maximum_scatter: float = 0.15      # of log depth from point to point, median
    gate_std: float = 3.0              # standard deviations; what is farther off is something else
    minimum_forward: float = 0.1       # of the depth, of what the ray makes up: less magnifies
    expected_frames: int = 10          # without depth, until none is waited for
    sampling: DepthSamplingOptions = field(default_factory=DepthSamplingOptions)


class _Seen(NamedTuple):
    """Hold tracks in one frame with what its depth image says there."""

    rows: NDArray[np.int64]      # (N,) of the table of tracks
    z_by_ray: Array              # (N,) z of the anchor's ray in this frame
    z_by_step: Array             # (N,) z of the anchor in this frame
    samples: DepthSamples


class DepthPrior:
    """Tell tracks the depth that a sensor measures, and the map's scale what it should be."""

    def __init__(self, camera: ProcessingCamera, noise: DepthNoise,
                 options: DepthPriorOptions) -> None:
        self._camera, self._noise, self._options = camera, noise, options
        self._image: Depth | None = None
        self._agrees = False                 # this image, with the scale of the map
        self._frames_without = options.expected_frames

    @property
    def is_awaited(self) -> bool:
        """Return whether this frame has no depth though one of the last had."""
        return 0 < self._frames_without < self._options.expected_frames

    def new_frame(self, depth_m: Depth | None) -> None:
        """Take the depth image of the next frame, (H, W) in metres; None when it has none."""
        self._image, self._agrees = depth_m, False
        self._frames_without = 0 if depth_m is not None else self._frames_without + 1

    def first_window(self, image: Image, focal_px: float, window: SlidingWindowOptions,
                     seeding: SeedingOptions) -> SlidingWindow | None:
        """Return a window of one key frame in metres; None without depth enough for one."""
        if self._image is None:
            return None
        options = self._options
        points_px = textured_corners(image, seeding)
        samples = sample_depth(self._image, points_px, image.shape, self._noise, options.sampling)
        known = samples.inverse_depth[samples.is_known]
        if len(known) < options.minimum_points \
                or np.ptp(known) < options.minimum_relief * known.max():
            return None
        typical = float(np.median(known))
        first = SlidingWindow(self._camera, focal_px, window)
        first.start(image, points_px, np.where(samples.is_known, samples.inverse_depth, typical))
        self._agrees = True
        self._measure_newest(first)
        return first

    def examine(self, local_map: LocalMap, tracking: TrackingResult) -> None:
        """Compare the depth image with the map; measure its tracks where both agree."""
        if self._image is None:
            return
        window, scale = local_map.window, local_map.scale
        rows = window.tracks.active_rows[tracking.is_inlier]
        seen = self._look(window, rows, tracking.T_camera_world,
                          tracking.matches.target_px[tracking.is_inlier])
        log_scale = self._log_scale(window, seen)
        if log_scale is None:
            scale.interrupt()
            return
        scale.hold(is_held=window.is_metric)
        self._agrees = scale.fits(log_scale, self._noise.relative)
        scale.add(log_scale, self._noise.relative)
        if self._agrees:
            self._measure(window, seen)

    def measure_newest(self, local_map: LocalMap) -> None:
        """Tell the tracks that start in the newest key frame their depth."""
        if self._agrees and local_map.scale.is_known:
            self._measure_newest(local_map.window)

    def _measure_newest(self, window: SlidingWindow) -> None:
        rows = window.tracks.active_rows
        rows = rows[window.tracks.first_frame[rows] == window.newest]
        self._measure(window, self._look(window, rows, window.T_camera_world[-1],
                                         window.tracks.key_px[rows]))

    def _look(self, window: SlidingWindow, rows: NDArray[np.int64], T_camera_world: Array,
              positions_px: Array) -> _Seen:
        """Return those of the tracks that the depth image shows, with what it says."""
        assert self._image is not None
        samples = sample_depth(self._image, positions_px, window.images[-1].shape, self._noise,
                               self._options.sampling)
        rows = rows[samples.is_known]
        tracks = window.tracks
        T = (T_camera_world @ inverse(window.T_camera_world))[tracks.first_frame[rows]]
        direction = rays(tracks.points_px[rows, 0], window.focal_px)
        return _Seen(rows, np.einsum('nj,nj->n', T[:, 2, :3], direction), T[:, 2, 3],
                     samples.at(samples.is_known))

    def _log_scale(self, window: SlidingWindow, seen: _Seen) -> float | None:
        """Return the log of metres per unit of the map; None where image and map do not fit."""
        tracks, options = window.tracks, self._options
        d, information = tracks.inverse_depth[seen.rows], tracks.information[seen.rows]
        z = seen.z_by_ray + d * seen.z_by_step
        usable = (d * np.sqrt(information) > options.known_depth_ratio) & (z > MINIMUM_Z) & (d > 0)
        if usable.sum() < options.minimum_points:
            return None
        ratio = np.log((d[usable] / z[usable]) / seen.samples.inverse_depth[usable])
        median = float(np.median(ratio))
        return median if np.median(np.abs(ratio - median)) < options.maximum_scatter else None

    def _measure(self, window: SlidingWindow, seen: _Seen) -> None:
        """Tell tracks without a measured depth that of this frame, moved to their anchor."""
        tracks, options = window.tracks, self._options
        depth = 1.0 / seen.samples.inverse_depth
        from_anchor = depth - seen.z_by_step      # what of the depth the ray makes up
        possible = (from_anchor > options.minimum_forward * depth) \
            & (seen.z_by_ray > options.minimum_forward) \
            & (tracks.measured_information[seen.rows] == 0)
        rows, depth, from_anchor = seen.rows[possible], depth[possible], from_anchor[possible]
        measured = seen.z_by_ray[possible] / from_anchor
        information = seen.samples.information[possible] \
            * (from_anchor ** 2 / (seen.z_by_ray[possible] * depth ** 2)) ** 2
        error = measured - tracks.inverse_depth[rows]
        fits = error ** 2 < options.gate_std ** 2 * (
            1.0 / information + 1.0 / tracks.information[rows])
        tracks.measure(rows[fits], measured[fits], information[fits])
