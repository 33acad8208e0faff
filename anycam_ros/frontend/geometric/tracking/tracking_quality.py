# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why a picture fits the map badly or not at all."""

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.image_quality import is_blurred
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.reason import Cause, Reason

MOSTLY_FOUND = 0.5               # of the points
FEW = 0.3                        # of the points
LARGE_NOISE_PX = 2.0             # hand-held and driving cameras leave up to 1


def why_not_tracked(image: Image, failure: TrackingFailure) -> Reason:
    """Return why no pose was found for a grey image."""
    if is_blurred(image):
        return Reason(Cause.BLURRED, 'blurred: the picture is smeared, by motion or by focus')
    found = f'{100 * failure.found_share:.0f} %'
    if failure.found_share > MOSTLY_FOUND:
        return Reason(Cause.TOO_MUCH_MOVING, f'too much is moving: {found} of the points are '
                                             'found, but they do not move as one world')
    return Reason(Cause.OTHER_VIEW, 'the picture fits nothing seen before')


def is_poor(tracking: TrackingResult) -> bool:
    """Return whether the pose is worse than usual: few points follow it, or none closely."""
    return tracking.inlier_share < FEW or tracking.noise_px > LARGE_NOISE_PX


def why_degraded(tracking: TrackingResult) -> Reason:
    """Return why a view is poor."""
    follows_few = tracking.inlier_share < FEW
    words = f'only {100 * tracking.inlier_share:.0f} % of the points follow the camera' \
        if follows_few else f'the points follow the camera by {tracking.noise_px:.1f} px only'
    if is_blurred(tracking.image):
        return Reason(Cause.BLURRED, f'blurred: {words}')
    if follows_few and tracking.matches.is_valid.mean() < MOSTLY_FOUND:
        return Reason(Cause.OTHER_VIEW, f'{words}; the others are hidden or out of view')
    return Reason(Cause.TOO_MUCH_MOVING, f'too much is moving: {words}')
