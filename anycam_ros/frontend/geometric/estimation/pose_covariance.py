# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the motion from frame to frame may be off.

The errors of two frames against the same key frame are much alike, since most of the flow between
the key frame and them is the same: what of the residuals changed from one to the other is what
spoils the motion between them.
"""

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.geometry.compiled import compiled
from anycam_ros.geometry.robust_statistics import MEDIAN_OF_LENGTH
from anycam_ros.geometry.se3 import (
    adjoint,
    Array,
    inverse,
    so3_log,
    so3xr3_log,
)


@dataclass(frozen=True)
class CovarianceOptions:
    """Choose how far flow and map may be off."""

    # Flow errs alike over whole regions: so many tracks, 16 px apart, tell as much as one. In
    # rendered rooms, where the true flow is known, its error still has a correlation of 0.5 over
    # 30 px, of 0.3 over 70 px and of 0.1 over 250 px.
    correlated_tracks: float = 40.0
    minimum_noise_px: float = 0.02     # no flow is better; between equal images it only seems so
    minimum_common_tracks: int = 12    # of two frames, for the noise that is new in the second
    static_variance: float = 1e-8      # of a camera before there is a map; scene depths, squared
    first_map_std: float = 0.3         # of lengths and directions, in a map from little parallax


def motion_covariance(now: TrackingResult, before: TrackingResult | None, T_previous_camera: Array,
                      focal_variance: float, options: CovarianceOptions) -> Array:
    """Return the covariance (6, 6) of the motion (linear, angular), in the camera of now.

    before is the previous result against the same key frame; None where the frame before is
    that key frame. focal_variance is that of the log focal length.
    """
    if now.error is None:
        return _covariance_without_map(T_previous_camera, now, options)
    noise_px = flow_noise_px(_new_length_px(now, before, options), options)
    # Where much of the image moves, some of it passes for static.
    static_share = now.is_inlier.sum() / max(now.matches.is_valid.sum(), 1)
    covariance = options.correlated_tracks / max(static_share, 1e-3) * noise_px ** 2 \
        * np.linalg.inv(now.information)
    if focal_variance == 0.0:
        return np.asarray(covariance)
    response = -now.error.focal_response
    if before is not None and before.error is not None:
        response = response + adjoint(inverse(T_previous_camera)) @ before.error.focal_response
    return np.asarray(covariance + focal_variance * np.outer(response, response))


def flow_noise_px(length_px: Array, options: CovarianceOptions) -> float:
    """Return the standard deviation of a component of residuals with the lengths (N,)."""
    return max(float(np.median(length_px)) / MEDIAN_OF_LENGTH, options.minimum_noise_px)


def absolute_information(information: float, noise_px: float,
                         options: CovarianceOptions) -> float:
    """Return the inverse variance that an information for independent noise of 1 px amounts to."""
    return information / (options.correlated_tracks * noise_px ** 2)


def map_covariance(T_previous_camera: Array, key_frames: int,
                   options: CovarianceOptions) -> Array:
    """Return what the shape of a map adds, so many key frames after it was made without depth.

    Each of them brings a baseline of its own.
    """
    covariance = np.zeros((6, 6))
    distance = float(np.linalg.norm(T_previous_camera[:3, 3]))
    step = distance * options.first_map_std / (1 + key_frames)
    covariance[:3, :3] = step ** 2 * np.eye(3)
    return covariance


def degeneracy_covariance(T_previous_camera: Array, key_frames: int,
                          inverse_depth: float) -> Array:
    """Return what it adds that a map may have taken steps for turns, and turns for steps.

    inverse_depth is that of the scene: there a turn of 1 rad looks like a step 1 / inverse_depth.
    """
    turn_rad = float(np.linalg.norm(so3_log(T_previous_camera[:3, :3])))
    moved_rad = turn_rad + inverse_depth * float(np.linalg.norm(T_previous_camera[:3, 3]))
    # A step to the right looks like a turn to the right, a step down like one down.
    confused = np.zeros((6, 3))
    confused[:3] = np.eye(3) / inverse_depth
    confused[4, 0], confused[3, 1] = -1.0, 1.0
    return np.asarray(moved_rad ** 2 / (1 + key_frames) * confused @ confused.T)


def correction_covariance(T_previous_camera: Array, T_corrected: Array) -> Array:
    """Return what a known correction of the past in a motion adds to its covariance.

    As a motion it is wrong by just that.
    """
    error = so3xr3_log(inverse(T_previous_camera) @ T_corrected)
    return np.asarray(np.outer(error, error), np.float64)


def _new_length_px(now: TrackingResult, before: TrackingResult | None,
                   options: CovarianceOptions) -> Array:
    """Return the lengths of what is new in the residuals of inliers since the frame before."""
    assert now.error is not None
    residual_px, is_common = now.error.residual_px, now.is_inlier
    last_px = np.zeros_like(residual_px)
    if before is not None and before.error is not None:
        is_seen_twice = now.is_inlier & before.is_inlier
        if np.count_nonzero(is_seen_twice) >= options.minimum_common_tracks:
            is_common, last_px = is_seen_twice, before.error.residual_px
    return _distances(residual_px, last_px, is_common)


@compiled
def _distances(first: Array, second: Array, chosen: NDArray[np.bool_]) -> Array:
    """Return the distances between the chosen positions (N, 2)."""
    distance = np.empty(chosen.sum())
    count = 0
    for i in range(len(chosen)):
        if chosen[i]:
            distance[count] = math.hypot(first[i, 0] - second[i, 0], first[i, 1] - second[i, 1])
            count += 1
    return distance


def _covariance_without_map(T_previous_camera: Array, now: TrackingResult,
                            options: CovarianceOptions) -> Array:
    """Return the covariance where a turn cannot be told from a step sideways.

    The step that looks like the turn is as long as the angle, in scene depths.
    """
    covariance = np.asarray(options.correlated_tracks * now.noise_px ** 2
                            * np.linalg.inv(now.information))
    turn_rad = float(np.linalg.norm(so3_log(T_previous_camera[:3, :3])))
    covariance[:3, :3] = (turn_rad ** 2 + options.static_variance) * np.eye(3)
    covariance[3:, 3:] += turn_rad ** 2 * np.eye(3)
    return covariance
