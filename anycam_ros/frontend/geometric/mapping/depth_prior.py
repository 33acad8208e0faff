# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images make the map metric: what they say about its tracks, and whether to believe it.

The first depth image starts a map by itself. When depth comes later, the map is scaled to it; the
odometry is made of increments, so nothing jumps, and lengths are metres from then on. When depth
stops, the map keeps its unit as it does without depth.
"""

from collections import deque
from dataclasses import replace
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.flow.dis import Image
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.depth_image import Depth, DepthSamples, sample_depth
from anycam_ros.frontend.geometric.mapping.local_bundle_adjustment import adjust_local_map
from anycam_ros.frontend.geometric.mapping.local_map import best_corners, LocalMap
from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import Array, inverse

LENGTH = 8
MINIMUM_POINTS = 50
KNOWN_DEPTH_RATIO = 3.0          # inverse depth of a track over its deviation
AGREEMENT = 0.1                  # of log depth, map against image, medians; plus deviations
SCATTER = 0.15                   # of log depth from point to point; median
CONFIRMATIONS = 3                # images in a row that name one scale, for a map without depth
CONTRADICTIONS = 20              # for a map that has had depth: the sensor may err for a while
SAME_SCALE = 0.1                 # of log scale
MAXIMUM_NOISE_PX = 1.0           # of a young map; what is sound stays below 0.8
MINIMUM_RELIEF = 1e-3            # of inverse depth; real noise alone makes more
GATE = 3.0                       # deviations
EXPECTED_FRAMES = 10             # without depth, until none is waited for
SCALE_DRIFT = 0.03               # of log scale, per square root of a second without depth
NEW_MAP_STD = 0.3          # of log scale; speed or depth of the scene hand it over


class _Seen(NamedTuple):
    """Hold tracks in one frame with what its depth image says there."""

    rows: NDArray[np.int64]      # (N,) of the table of tracks
    z_by_ray: Array              # (N,) z of the anchor's ray in this frame
    z_by_step: Array             # (N,) z of the anchor in this frame
    samples: DepthSamples


class DepthPrior:
    """Tell tracks the depth that a sensor measures, once it agrees with the map."""

    def __init__(self, camera: ProcessingCamera, noise: DepthNoise | None = None) -> None:
        """Start with no depth seen."""
        self._camera, self._noise = camera, noise or DepthNoise()
        self._image: Depth | None = None
        self._is_metric = False
        self._agrees = False
        self._frames_without = EXPECTED_FRAMES
        self._held_s = self._propagated_variance = 0.0
        self._log_scales: deque[float] = deque(maxlen=CONTRADICTIONS)

    def new_frame(self, depth_m: Depth | None) -> None:
        """Take the depth image of the next frame, (H, W) in metres; None when it has none."""
        self._image, self._agrees = depth_m, False
        self._frames_without = 0 if depth_m is not None else self._frames_without + 1

    @property
    def is_awaited(self) -> bool:
        """Return whether this frame has no depth though one of the last had, and agreed."""
        return 0 < self._frames_without < EXPECTED_FRAMES and self._is_metric

    def scale_source(self, local_map: LocalMap | None) -> str:
        """Return 'depth' for a map in metres, 'propagated' when depth no longer holds it there."""
        if not self._is_metric:
            return 'none'
        return 'depth' if local_map is not None and local_map.is_metric else 'propagated'

    def scale_std(self, scale_source: str, stamp_s: float) -> float:
        """Return the relative deviation of metres per unit for a frame; inf for scale source none.

        Of the errors of depth it is the one that all points share; without depth it grows.
        """
        if scale_source == 'none':
            return math.inf
        if scale_source == 'depth':
            self._held_s, self._propagated_variance = stamp_s, 0.0
        return math.sqrt(self._noise.relative ** 2 + self._propagated_variance
                         + SCALE_DRIFT ** 2 * (stamp_s - self._held_s))

    def propagate(self) -> None:
        """Take note that a map without depth starts, about as large as the one before."""
        self._propagated_variance += NEW_MAP_STD ** 2

    def initialise_map(self, image: Image, focal_px: float) -> LocalMap | None:
        """Return a window of one key frame in metres; None without depth enough for one."""
        if self._image is None:
            return None
        points_px = best_corners(image).reshape(-1, 2)
        samples = sample_depth(self._image, points_px, image.shape, self._noise)
        known = samples.inverse_depth[samples.is_known]
        if len(known) < MINIMUM_POINTS or np.ptp(known) < MINIMUM_RELIEF * known.max():
            return None
        typical = float(np.median(known))
        local_map = LocalMap(LENGTH, self._camera, image.shape, focal_px)
        local_map.start(image, points_px, self._camera.centred(points_px),
                        np.where(samples.is_known, samples.inverse_depth, typical))
        self._is_metric = self._agrees = True
        self._log_scales.clear()
        self.measure_new(local_map)
        return local_map

    def examine(self, local_map: LocalMap, tracking: TrackingResult) -> float:
        """Compare the depth image with the map; return what to multiply its lengths with.

        That is 1 unless images in a row have named another scale. Tracks without a depth of
        their own get one where the image agrees with the map.
        """
        if self._image is None:
            return 1.0
        rows = local_map.tracks.active_rows[tracking.is_inlier]
        seen = self._look(local_map, rows, tracking.T_camera_world,
                          tracking.matches.target_px[tracking.is_inlier])
        log_scale = _log_scale(local_map, seen)
        if log_scale is None:
            self._log_scales.clear()
            return 1.0
        self._agrees = self._is_metric and abs(log_scale) < AGREEMENT + 2 * self._noise.relative
        if self._agrees:
            self._log_scales.clear()
            _fill_anchors(local_map, seen)
            return 1.0
        self._log_scales.append(log_scale)
        return self._confirmed_scale(local_map)

    def _confirmed_scale(self, local_map: LocalMap) -> float:
        needed = CONTRADICTIONS if local_map.is_metric else CONFIRMATIONS
        latest = np.array(self._log_scales)[-needed:]
        if len(latest) < needed or np.ptp(latest) > SAME_SCALE:
            return 1.0
        self._is_metric = True
        self._log_scales.clear()
        local_map.tracks.forget_depths()
        return float(np.exp(np.median(latest)))

    def adjust_local_map(self, local_map: LocalMap, focal: FocalState, delta_px: float) -> None:
        """Adjust the window; forget its depths where the flow does not bear them out.

        A later depth image is compared with the map, but the first one is the map: where it is
        wrong, the first key frames do not fit together.
        """
        focal_before, is_young = replace(focal), local_map.is_metric and not local_map.has_slid
        result = adjust_local_map(local_map, focal, delta_px)
        if is_young and result.noise_px > MAXIMUM_NOISE_PX:
            local_map.tracks.forget_depths()
            self._is_metric = self._agrees = False
            focal.take(focal_before)
            adjust_local_map(local_map, focal, delta_px)

    def measure_new(self, local_map: LocalMap) -> None:
        """Tell the tracks that start in the newest key frame their depth."""
        if self._agrees:
            rows = local_map.tracks.active_rows
            rows = rows[local_map.tracks.first_frame[rows] == local_map.newest]
            _fill_anchors(local_map, self._look(local_map, rows, local_map.T_camera_world[-1],
                                                local_map.tracks.key_px[rows]))

    def _look(self, local_map: LocalMap, rows: NDArray[np.int64], T_camera_world: Array,
              positions_px: Array) -> _Seen:
        """Return those of the tracks that the depth image shows, with what it says."""
        assert self._image is not None
        samples = sample_depth(self._image, positions_px, local_map.images[-1].shape, self._noise)
        rows = rows[samples.is_known]
        tracks = local_map.tracks
        T_world_key = inverse(np.stack(local_map.T_camera_world))
        T = (T_camera_world @ T_world_key)[tracks.first_frame[rows]]
        direction = rays(tracks.points_px[rows, 0], local_map.focal_px)
        return _Seen(rows, np.einsum('nj,nj->n', T[:, 2, :3], direction), T[:, 2, 3],
                     samples.at(samples.is_known))


def _log_scale(local_map: LocalMap, seen: _Seen) -> float | None:
    """Return the log of metres per unit of the map; None where image and map do not fit."""
    tracks = local_map.tracks
    d, information = tracks.inverse_depth[seen.rows], tracks.information[seen.rows]
    z = seen.z_by_ray + d * seen.z_by_step
    usable = (d * np.sqrt(information) > KNOWN_DEPTH_RATIO) & (z > 0.05) & (d > 0)
    if usable.sum() < MINIMUM_POINTS:
        return None
    ratio = np.log((d[usable] / z[usable]) / seen.samples.inverse_depth[usable])
    median = float(np.median(ratio))
    return median if np.median(np.abs(ratio - median)) < SCATTER else None


def _fill_anchors(local_map: LocalMap, seen: _Seen) -> None:
    """Tell tracks without a measured depth that of this frame, moved to their anchor."""
    tracks = local_map.tracks
    depth = 1.0 / seen.samples.inverse_depth
    from_anchor = depth - seen.z_by_step      # what of the depth the ray makes up
    possible = (from_anchor > 0.1 * depth) & (seen.z_by_ray > 0.1) \
        & (tracks.measured_information[seen.rows] == 0)
    rows, depth, from_anchor = seen.rows[possible], depth[possible], from_anchor[possible]
    measured = seen.z_by_ray[possible] / from_anchor
    information = seen.samples.information[possible] \
        * (from_anchor ** 2 / (seen.z_by_ray[possible] * depth ** 2)) ** 2
    error = measured - tracks.inverse_depth[rows]
    fits = error ** 2 < GATE ** 2 * (1.0 / information + 1.0 / tracks.information[rows])
    tracks.measure(rows[fits], measured[fits], information[fits])
