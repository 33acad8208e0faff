# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run of the odometry for the rerun viewer: camera, image, motion mask, scene."""

from pathlib import Path

import cv2
import numpy as np
import rerun

from anycam_ros.odometry import Frame, OdometryEstimate, TrackingState, VisualOdometry
from anycam_ros.odometry.cloud import frame_cloud, PointCloud

PICTURE_WIDTH_PX = 448
JPEG_QUALITY = 80
LONGEST_GAP = 6                  # frames between two clouds
CAMERA = 'odom/camera'


class RerunRecording:
    """Log frame by frame into one .rrd file."""

    def __init__(self, odometry: VisualOdometry, path: Path) -> None:
        """Take the path of the file, which the first frame starts."""
        self._odometry, self._path = odometry, path
        self._stream = rerun.RecordingStream('anycam', recording_id=path.parent.name)
        self._way: list[list[float]] = []
        self._since_cloud = LONGEST_GAP
        self._has_started = False

    def add(self, frame: Frame, estimate: OdometryEstimate) -> None:
        """Log one frame."""
        if not self._has_started:
            self._stream.save(self._path)
            self._stream.log('odom', rerun.ViewCoordinates.FLU, static=True)
            self._has_started = True
        self._stream.set_time('stamp', timestamp=estimate.stamp_s)
        self._stream.log('status', rerun.TextLog(f'{estimate.status.name} {estimate.reason}'))
        self._log_image(frame, estimate)
        if estimate.status is TrackingState.LOST:
            return
        self._log_pose(estimate)
        self._since_cloud += 1
        if estimate.is_key_frame or self._since_cloud > LONGEST_GAP:
            self._since_cloud = 0
            self._log_cloud(frame, estimate)

    def close(self) -> None:
        """Finish the file."""
        if self._has_started:
            self._stream.log('odom/path', rerun.LineStrips3D([self._way]), static=True)
            self._stream.disconnect()

    def _log_image(self, frame: Frame, estimate: OdometryEstimate) -> None:
        height_px = round(PICTURE_WIDTH_PX * frame.height / frame.width)
        size = PICTURE_WIDTH_PX, height_px
        image = cv2.resize(frame.image_rgb, size, interpolation=cv2.INTER_AREA)
        self._stream.log(f'{CAMERA}/image',
                         rerun.Image(image).compress(jpeg_quality=JPEG_QUALITY))
        if estimate.motion_mask is not None:
            mask = cv2.resize(estimate.motion_mask, size, interpolation=cv2.INTER_NEAREST)
            self._stream.log(f'{CAMERA}/image/moving', rerun.SegmentationImage(mask))

    def _log_pose(self, estimate: OdometryEstimate) -> None:
        T, camera = estimate.T_odom_camera, estimate.intrinsics
        self._way.append(T[:3, 3].tolist())
        self._stream.log(CAMERA, rerun.Transform3D(translation=T[:3, 3], mat3x3=T[:3, :3]))
        small = camera.resized(PICTURE_WIDTH_PX,
                               round(PICTURE_WIDTH_PX * camera.height / camera.width))
        self._stream.log(f'{CAMERA}/image', rerun.Pinhole(
            image_from_camera=small.matrix, resolution=(small.width, small.height),
            camera_xyz=rerun.ViewCoordinates.RDF))
        self._stream.log('focal_px', rerun.Scalars(camera.fx))

    def _log_cloud(self, frame: Frame, estimate: OdometryEstimate) -> None:
        cloud = frame_cloud(self._odometry, frame, estimate)
        static = cloud.static.transformed(estimate.T_odom_camera)
        # Each its own entity: static points stay in sight, dynamic ones are replaced.
        self._stream.log(f'odom/scene/{len(self._way)}', _points(static))
        self._stream.log(f'{CAMERA}/moving', _points(cloud.dynamic))


def _points(cloud: PointCloud) -> rerun.Points3D:
    return rerun.Points3D(cloud.positions, colors=cloud.colours,
                          radii=rerun.Radius.ui_points(np.float32(1.5)))
