# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The cloud of one frame: static and dynamic points apart (the 4D cloud of AnyCam)."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import in_size, Intrinsics
from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry import Frame, OdometryEstimate, VisualOdometry
from anycam_ros.odometry.cloud.depth_points import depth_points
from anycam_ros.odometry.cloud.point_cloud import PointCloud

MAXIMUM_POINTS = 40_000
IN_METRES_OF_DEPTH = ('depth', 'propagated')


class FrameCloud(NamedTuple):
    """Hold the points of a frame in the optical frame of its camera, in the unit of odom."""

    static: PointCloud
    dynamic: PointCloud


def frame_cloud(odometry: VisualOdometry, frame: Frame, estimate: OdometryEstimate,
                maximum_points: int = MAXIMUM_POINTS) -> FrameCloud:
    """Return the cloud of the frame that the odometry has processed last; it must not be LOST.

    With depth the points are dense and the motion mask divides them. Without, they are the
    points of the map, which are all static: how far away a dynamic point is, one camera
    cannot tell. Depth serves once it is the unit of odom, too.
    """
    camera = odometry.processing_camera
    focal_px = estimate.intrinsics.fx / camera.scale_to(frame.width)
    depth_m = odometry.depth_image()
    if depth_m is not None and estimate.scale_source in IN_METRES_OF_DEPTH:
        points, divides = depth_points(depth_m, camera, focal_px, maximum_points), True
    else:
        is_metric = math.isfinite(estimate.metres_per_unit)
        points = odometry.map_points() * (estimate.metres_per_unit if is_metric else 1.0)
        divides = False
    if not len(points):
        return _divided(points, points[:, :2].astype(np.int64), frame, None, divides=False)
    seen_px = camera.image_px(focal_px * points[:, :2] / points[:, 2:])
    pixels, is_inside = _raw_pixels(seen_px, frame, camera.intrinsics)
    return _divided(points[is_inside], pixels[is_inside], frame, estimate.motion_mask,
                    divides=divides)


def _divided(points: Array, pixels: NDArray[np.int64], frame: Frame,
             motion_mask: NDArray[np.uint8] | None, *, divides: bool) -> FrameCloud:
    column, row = pixels.T
    cloud = PointCloud(points.astype(np.float32), frame.image_rgb[row, column])
    moves = np.zeros(len(cloud), np.bool_) if motion_mask is None else motion_mask[row, column] > 0
    return FrameCloud(cloud.chosen(~moves), cloud.chosen(moves & divides))


def _raw_pixels(positions_px: Array, frame: Frame, working: Intrinsics
                ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the nearest pixels (N, 2) of the frame, and which positions (N,) are inside.

    positions_px (N, 2) belong to the working image.
    """
    pixels = np.rint(in_size(positions_px, (working.width, working.height),
                             (frame.width, frame.height)))
    is_inside = np.all((pixels >= 0) & (pixels < [frame.width, frame.height]), axis=1)
    return np.where(is_inside[:, None], pixels, 0).astype(np.int64), is_inside
