# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the motion from frame to frame may be off.

What of the residuals changed since the frame before spoils the motion between the two. What did
not change spoils it, too, once the camera moves: the same error of a match or of the map then
stands for another motion, and it does so for many frames on end. A new key frame changes map and
points at once: nothing cancels then. Matches err alike over whole regions: how many tracks tell
as much as one is measured in each frame. On top of that comes what the lens may be that nobody
calibrated.
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
    """Choose how far flow, map and lens may be off."""

    # A motion swallows most of an error that is alike over the whole image; the rest shows as a
    # correlation of the residuals in cells that are as wide as flow errs alike. With a calibrated
    # lens in rendered rooms the variance of the motion is so many times what shows.
    hidden_correlation: float = 4.0
    cells: int = 6                     # along the longer side; 4 and 9 rank scenes alike
    winsorised_at: float = 2.5         # times the noise: no single track outweighs its cell
    exchange_px: float = 1.0           # of motion, after which flow samples other pixels
    correlated_tracks: float = 40.0    # where no residuals tell: those of a rendered room
    usual_noise_px: float = 0.5        # of flow in real images, 0.3 to 0.5 where it was measured
    minimum_noise_px: float = 0.02     # no flow is better; between equal images it only seems so
    minimum_common_tracks: int = 12    # of two frames, for the noise that is new in the second
    static_variance: float = 1e-8      # of a camera before there is a map; scene depths, squared
    first_map_std: float = 0.05        # of lengths and directions, in a map from little parallax
    # Of a lens nobody calibrated: log focal of the nearest pinhole beside that which fits the
    # images, k1 (webcams and wide lenses reach 0.3), and the principal point in focal lengths
    # (0.002 to 0.03 in the calibrations of EuRoC, KITTI 00 and TUM RGB-D).
    pinhole_std: float = 0.03
    k1_std: float = 0.1
    principal_point_std: float = 0.015


def motion_covariance(now: TrackingResult, before: TrackingResult | None, T_previous_camera: Array,
                      focal_variance: float, options: CovarianceOptions) -> Array:
    """Return the covariance (6, 6) of the motion (linear, angular), in the camera of now.

    before is the previous result against the same key frame; None where the frame before is
    that key frame. focal_variance is that of the log focal length; 0 of a calibrated lens.
    """
    if now.error is None:
        return _covariance_without_map(T_previous_camera, now, options)
    covariance = _variance_px2(now, before, options) * _covariance_per_px2(now, options)
    if focal_variance == 0.0:
        return np.asarray(covariance)
    response = -now.error.lens_response
    if before is not None and before.error is not None:
        response = response + adjoint(inverse(T_previous_camera)) @ before.error.lens_response
    lens_variance = np.array([options.pinhole_std, options.k1_std, options.principal_point_std,
                              options.principal_point_std]) ** 2
    lens_variance[0] += focal_variance
    return np.asarray(covariance + (lens_variance * response) @ response.T)


def pose_noise(now: TrackingResult, options: CovarianceOptions) -> Array | None:
    """Return the covariance (6, 6) that matches and map give a pose by itself (linear, angular).

    It is a left perturbation of the pose in the map; None without a map.
    """
    if now.error is None:
        return None
    return _whole_variance_px2(now, options) * _covariance_per_px2(now, options)


def key_frame_covariance(noise: Array, T_previous_camera: Array) -> Array:
    """Return what it adds to a motion from a key frame that this was found with such a noise.

    Refinement has moved it since, and the new frame is found by other points: neither repeats its
    error, which up to then cancelled between frames.
    """
    to_camera = adjoint(inverse(T_previous_camera))
    return np.asarray(to_camera @ noise @ to_camera.T)


def tracks_that_err_alike(now: TrackingResult, options: CovarianceOptions) -> float:
    """Return how many tracks tell as much as one, by the residuals; at least 1.

    It is the variance of their sums in cells of the image over that of independent ones.
    """
    assert now.error is not None
    residual_px, side_px = now.error.residual_px, max(now.image.shape) / options.cells
    limit_px = options.winsorised_at * math.sqrt(_whole_variance_px2(now, options))
    return _variance_of_sums(residual_px, now.matches.target_px, now.is_inlier, side_px,
                             options.cells, limit_px)


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


def _covariance_per_px2(now: TrackingResult, options: CovarianceOptions) -> Array:
    """Return the covariance (6, 6) of a pose per variance of what it is found by."""
    # Where much of the image moves, some of it passes for static.
    static_share = now.is_inlier.sum() / max(now.matches.is_valid.sum(), 1)
    alike = options.hidden_correlation * tracks_that_err_alike(now, options)
    return np.asarray(alike / max(static_share, 1e-3) * np.linalg.inv(now.information))


def _whole_variance_px2(now: TrackingResult, options: CovarianceOptions) -> float:
    """Return the variance of a component of the residuals of a frame."""
    assert now.error is not None
    residual_px = now.error.residual_px
    return flow_noise_px(
        _distances(residual_px, np.zeros_like(residual_px), now.is_inlier), options) ** 2


def _variance_px2(now: TrackingResult, before: TrackingResult | None,
                  options: CovarianceOptions) -> float:
    """Return the variance of a component of the error that spoils the motion to now."""
    assert now.error is not None
    residual_px, target_px = now.error.residual_px, now.matches.target_px
    whole = _whole_variance_px2(now, options)
    if before is None or before.error is None:
        return whole
    is_common = now.is_inlier & before.is_inlier
    if np.count_nonzero(is_common) < options.minimum_common_tracks:
        return whole
    new = flow_noise_px(
        _distances(residual_px, before.error.residual_px, is_common), options) ** 2
    moved_px = float(np.median(_distances(target_px, before.matches.target_px, is_common)))
    return new + whole / (1.0 + (options.exchange_px / max(moved_px, 1e-6)) ** 2)


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


@compiled
def _variance_of_sums(residual: Array, position: Array, chosen: NDArray[np.bool_], side: float,
                      cells: int, limit: float) -> float:
    """Return the variance of the sums of residuals (N, 2) in cells over that of independent ones.

    A longer residual counts as one of the limit.
    """
    total, independent = np.zeros((cells, cells, 2)), 0.0
    for i in range(len(chosen)):
        if chosen[i]:
            length = math.hypot(residual[i, 0], residual[i, 1])
            share = 1.0 if length <= limit else limit / length
            independent += (share * length) ** 2
            column = min(max(int(position[i, 0] / side), 0), cells - 1)
            row = min(max(int(position[i, 1] / side), 0), cells - 1)
            total[row, column, 0] += share * residual[i, 0]
            total[row, column, 1] += share * residual[i, 1]
    return max(float((total ** 2).sum()) / max(independent, 1e-12), 1.0)


def _covariance_without_map(T_previous_camera: Array, now: TrackingResult,
                            options: CovarianceOptions) -> Array:
    """Return the covariance where a turn cannot be told from a step sideways.

    The step that looks like the turn is as long as the angle, in scene depths.
    """
    # What a turn leaves beyond noise is parallax, which the doubt about the turn stands for.
    noise_px = min(now.noise_px, options.usual_noise_px)
    covariance = np.asarray(
        options.correlated_tracks * noise_px ** 2 * np.linalg.inv(now.information))
    turn_rad = float(np.linalg.norm(so3_log(T_previous_camera[:3, :3])))
    covariance[:3, :3] = (turn_rad ** 2 + options.static_variance) * np.eye(3)
    covariance[3:, 3:] += turn_rad ** 2 * np.eye(3)
    return covariance
