# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The boundary between the front ends, which find the motion, and the odometry."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.common.refined_trajectory import PastPose
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array

Depth = NDArray[np.float32]


class FocalKnowledge(Protocol):
    """Say what is known of the focal length of the working image."""

    @property
    def focal_px(self) -> float:
        """Return the best guess."""

    @property
    def is_given(self) -> bool:
        """Return whether it comes from a calibration."""

    @property
    def is_observed(self) -> bool:
        """Return whether the motion so far shows it."""

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal."""

    def log_probabilities(self, height_px: float) -> NDArray[np.float64]:
        """Return the log-probabilities (32,) of the paper's candidates for an image height."""


class FrontEnd(Protocol):
    """Find the motion of one camera, image by image.

    The size of the images never changes; what a calibration says of the lens holds throughout.
    """

    @property
    def camera(self) -> ProcessingCamera:
        """Return the camera of the working image, whose size is that of the images to come."""

    @property
    def focal(self) -> FocalKnowledge:
        """Return what is known of the focal length of the working image."""

    @property
    def scene_depth(self) -> float:
        """Return the median depth of the scene, in the front end's unit of length."""

    def process(self, image: WorkingImage, stamp_s: float,
                depth_m: Depth | None = None) -> MotionEstimate:
        """Return the motion since the image before; what it lacks is found when asked for.

        depth_m (H, W) belongs to the image and has any size; None where nothing was measured.
        Raises FrameError for an image that cannot be used; the state stays as it was.
        """

    def map_points(self) -> Array:
        """Return the points (N, 3) of the map as the newest camera sees them, optical axes."""

    def depth_image(self) -> Depth | None:
        """Return the depth (H, W) of any size that the newest image was seen with, m.

        What is not finite or not above 0 is unknown; None where there is no depth at all.
        """

    def refined_trajectory(self) -> list[PastPose]:
        """Return the key frames so far as refinement sees them now, seen from the camera."""


class FrontEndConfig(Protocol):
    """What a front end may be configured with: fields of OdometryConfig."""

    @property
    def motion(self) -> str:
        """Return the name of the front end."""

    @property
    def flow(self) -> str:
        """Return the name of the optical flow."""

    @property
    def depth(self) -> str:
        """Return the name of the depth."""

    @property
    def weights(self) -> str:
        """Return the file with the AnyCam weights; empty where there is none."""

    @property
    def device(self) -> str:
        """Return where networks run: 'auto', 'cuda' or 'cpu'."""

    @property
    def refine(self) -> str:
        """Return 'window' for sliding-window bundle adjustment, or 'none'."""

    @property
    def uncertainty(self) -> str:
        """Return what tells what moves: 'auto', 'epipolar', 'network' or 'network:<file>'."""

    @property
    def quality(self) -> str:
        """Return how much time a frame may take: 'fast', 'balanced' or 'accurate'."""

    @property
    def network_window(self) -> int:
        """Return how many frames the network looks at together."""

    @property
    def network_both_directions(self) -> bool:
        """Return whether the network also looks back in time."""

    @property
    def network_reference_flow(self) -> bool:
        """Return whether flow is scaled as the published code does."""


FrontEndFactory = Callable[[Intrinsics, bool], FrontEnd]
"""Make a front end for the images of a camera: its intrinsics, and whether they are calibrated."""
