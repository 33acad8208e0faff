# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why an image fits the map badly or not at all."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.image_quality import ImageQualityOptions, is_blurred
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.frontend.reason import Cause, NO_REASON, Reason

SCALE_RUNS_AWAY = Reason(Cause.MAP_FAILED, 'the map contradicts itself: nothing holds its scale; '
                                           'it starts anew')
MAP_CONTRADICTED = Reason(Cause.MAP_FAILED, 'the images contradict the map; it starts anew')
FOCAL_LENGTH_CHANGES = Reason(Cause.FOCAL_LENGTH_CHANGES,
                              'the focal length contradicts itself: does the lens zoom?')


@dataclass(frozen=True)
class TrackingQualityOptions:
    """Choose when a pose is worse than usual."""

    mostly_found: float = 0.5      # share of the points that flow finds: the view is the same
    few_inliers: float = 0.3       # share of the points; fewer are a pose at risk
    large_noise_px: float = 2.0    # reprojection error; up to 1 is usual
    moved_px: float = 1.0          # of reprojection error, more than the pose leaves: not at rest
    moved_share: float = 0.2       # of the points that follow the pose: no camera at rest


def why_not_tracked(image: Image, failure: TrackingFailure, options: TrackingQualityOptions,
                    image_quality: ImageQualityOptions) -> Reason:
    """Return why no pose was found for a grey image."""
    if is_blurred(image, image_quality):
        return Reason(Cause.BLURRED, 'blurred: the image is smeared, by motion or by focus')
    found = f'{100 * failure.found_share:.0f} %'
    if failure.found_share > options.mostly_found:
        return Reason(Cause.TOO_MUCH_MOVING, f'too much is moving: {found} of the points are '
                                             'found, but no camera motion explains them')
    return Reason(Cause.OTHER_VIEW, 'the image does not match the map')


def contradicts_map(tracking: TrackingResult, options: TrackingQualityOptions) -> bool:
    """Return whether the points of an image lie far from where the map expects them."""
    return tracking.noise_px > options.large_noise_px


def shows_motion(tracking: TrackingResult, options: TrackingQualityOptions) -> bool:
    """Return whether points of the map show that the camera moves, whatever seems to rest.

    Clouds, mountains and plain asphalt look alike from a car that drives towards them.
    """
    assert tracking.still_px is not None
    moved_px = tracking.still_px[tracking.is_inlier] - tracking.residual_px[tracking.is_inlier]
    return bool(np.mean(moved_px > options.moved_px) > options.moved_share)


def is_poor(tracking: TrackingResult, options: TrackingQualityOptions) -> bool:
    """Return whether few points follow a pose, or none closely."""
    return tracking.inlier_share < options.few_inliers or contradicts_map(tracking, options)


def tracking_quality(tracking: TrackingResult, options: TrackingQualityOptions,
                     image_quality: ImageQualityOptions, *,
                     focal_length_changes: bool) -> tuple[TrackingState, Reason]:
    """Return whether a pose is worse than usual.

    Few points follow it, or none closely, or the lens zooms.
    """
    if is_poor(tracking, options):
        return TrackingState.DEGRADED, _why_degraded(tracking, options, image_quality)
    if focal_length_changes:
        return TrackingState.DEGRADED, FOCAL_LENGTH_CHANGES
    return TrackingState.TRACKING, NO_REASON


def _why_degraded(tracking: TrackingResult, options: TrackingQualityOptions,
                  image_quality: ImageQualityOptions) -> Reason:
    follows_few = tracking.inlier_share < options.few_inliers
    words = f'only {100 * tracking.inlier_share:.0f} % of the points follow the camera' \
        if follows_few else f'the reprojection error is {tracking.noise_px:.1f} px'
    if is_blurred(tracking.image, image_quality):
        return Reason(Cause.BLURRED, f'blurred: {words}')
    if follows_few and tracking.matches.is_valid.mean() < options.mostly_found:
        return Reason(Cause.OTHER_VIEW, f'{words}; the others are hidden or out of view')
    return Reason(Cause.TOO_MUCH_MOVING, f'too much is moving: {words}')
