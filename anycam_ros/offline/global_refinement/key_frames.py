# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The key frames of a recording and their point tracks, collected while it is processed."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.flow.dis import DisFlow
from anycam_ros.frontend.geometric import (
    FlowPair,
    follow,
    MatchingOptions,
    SeedingOptions,
    textured_corners,
)
from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry import Frame, OdometryEstimate, VisualOdometry

LENGTH = 8                       # key frames that a point is followed through
EVERY_NTH_CORNER = 2
LONGEST_GAP = 6                  # frames; those between two key frames keep their small errors
MINIMUM_FOLLOWED = 30            # points; with fewer, two key frames are not connected
FOLLOWED_SHARE = 0.1             # of the points, likewise: by chance some 4 % find their way back


@dataclass
class Anchored:
    """Hold the N tracks that start in one key frame, over up to LENGTH key frames."""

    points_px: Array             # (N, LENGTH, 2) undistorted
    weight: Array                # (N, LENGTH)
    newest_px: Array             # (N, 2) pixels, in the key frame that was seen last
    colours: NDArray[np.uint8]   # (N, 3) RGB


@dataclass
class KeyFrames:
    """Collect key frames and follow points through them.

    They are the key frames of the odometry, the first and the last pose, and more where these are
    rare.
    """

    odometry: VisualOdometry
    keeps_images: bool = True        # for loop closures; without them memory grows far less
    T_world_camera: list[Array] = field(default_factory=list)   # of every pose
    indices: list[int] = field(default_factory=list)            # of key frames, among them
    images: list[Image] = field(default_factory=list)
    anchored: list[Anchored] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)   # key frames not connected to the last
    _pending: tuple[int, Frame, OdometryEstimate] | None = None
    _flow: DisFlow = field(default_factory=DisFlow)

    @property
    def camera(self) -> ProcessingCamera:
        """Return the camera of the images."""
        return self.odometry.processing_camera

    def add(self, frame: Frame, estimate: OdometryEstimate) -> None:
        """Add a frame and its estimate; one without a pose is ignored."""
        self._pending = None
        if estimate.status is TrackingState.LOST:
            return
        self.T_world_camera.append(estimate.T_odom_camera)
        seen = len(self.T_world_camera) - 1, frame, estimate
        if estimate.is_key_frame or not self.indices or seen[0] - self.indices[-1] >= LONGEST_GAP:
            self._append(*seen)
        else:
            self._pending = seen

    def finish(self) -> None:
        """Make the last pose a key frame."""
        if self._pending is not None:
            self._append(*self._pending)
            self._pending = None

    def _append(self, index: int, frame: Frame, estimate: OdometryEstimate) -> None:
        image = self.odometry.working_image
        if self.images:
            self._follow(FlowPair(*self._flow.both_ways(self.images[-1], image)))
        corners = textured_corners(image, SeedingOptions())[::EVERY_NTH_CORNER]
        corners = corners[~_is_set(estimate.motion_mask, image, corners)]
        points, weight = np.zeros((len(corners), LENGTH, 2)), np.zeros((len(corners), LENGTH))
        points[:, 0], weight[:, 0] = self.camera.undistorted_px(corners), 1.0
        self.anchored.append(Anchored(points, weight, corners, _colours(frame, image, corners)))
        self.indices.append(index)
        self.images.append(image)
        if not self.keeps_images:
            del self.images[:-1]

    def _follow(self, pair: FlowPair) -> None:
        """Extend the tracks to the new key frame."""
        tried, followed, groups = 0, 0, list(enumerate(reversed(self.anchored[1 - LENGTH:])))
        for age, group in groups:
            rows = np.flatnonzero(group.weight[:, age] > 0)
            if not len(rows):
                continue
            matches = follow(pair, group.newest_px[rows], MatchingOptions())
            group.newest_px[rows] = matches.target_px
            group.points_px[rows, age + 1] = self.camera.undistorted_px(matches.target_px)
            group.weight[rows, age + 1] = group.weight[rows, age] * matches.weight
            tried += len(rows)
            followed += int(matches.is_valid.sum())
        if followed < max(MINIMUM_FOLLOWED, FOLLOWED_SHARE * tried):
            self.breaks.append(len(self.indices))
            for age, group in groups:
                group.weight[:, age + 1] = 0.0


def _colours(frame: Frame, image: Image, positions_px: Array) -> NDArray[np.uint8]:
    small = cv2.resize(frame.image_rgb, image.shape[::-1], interpolation=cv2.INTER_AREA)
    column, row = positions_px.astype(int).T
    return np.asarray(small[row, column], np.uint8)


def _is_set(mask: NDArray[np.uint8] | None, image: Image,
            positions_px: Array) -> NDArray[np.bool_]:
    if mask is None:
        return np.zeros(len(positions_px), np.bool_)
    small = cv2.resize(mask, image.shape[::-1], interpolation=cv2.INTER_NEAREST)
    column, row = positions_px.astype(int).T
    return np.asarray(small[row, column] > 0)
