# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of one frame to a Frame of the odometry."""

from std_msgs.msg import Header

from anycam_ros.errors import FrameError
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.messages.camera_info import intrinsics_from_camera_info
from anycam_ros.node.conversions import image_to_rgb, stamp_ns
from anycam_ros.node.inputs.depth_input import DepthInput
from anycam_ros.node.inputs.observation import Observation
from anycam_ros.odometry import Frame


class FrameAdapter:
    """Decode and check the image, depth and intrinsics of an observation."""

    def __init__(self, *, odom_frame: str, depth: DepthInput | None, needs_camera_info: bool
                 ) -> None:
        """Expect depth where there is an input for it, and intrinsics where they are needed."""
        self._odom_frame = odom_frame
        self._depth = depth
        self._needs_camera_info = needs_camera_info

    @property
    def frames_without_depth(self) -> int:
        """Return for how many frames no depth came, although it was expected."""
        return 0 if self._depth is None else self._depth.frames_without_depth

    def frame(self, observation: Observation) -> Frame:
        """Return the observation as a frame. Raises FrameError for what is no usable one."""
        stamp_s = self._stamp_s(observation.image.header)
        image_rgb = image_to_rgb(observation.image)
        depth_m = None if self._depth is None else self._depth.decode(observation)
        height, width = image_rgb.shape[:2]
        return Frame(stamp_s, image_rgb, depth_m, self._intrinsics(observation, width, height))

    def _stamp_s(self, header: Header) -> float:
        if header.frame_id in ('', self._odom_frame):
            raise FrameError(
                f'frame_id of the image is {header.frame_id!r}; it must be the frame of the '
                'camera, not empty and not odom_frame. Set frame_id in the camera driver.')
        stamp_s = 1e-9 * stamp_ns(header)
        if stamp_s < 0:
            raise FrameError(f'stamp is {stamp_s} s; it must not be negative. Set the clock of '
                             'the camera driver.')
        return stamp_s

    def _intrinsics(self, observation: Observation, width: int, height: int) -> Intrinsics | None:
        """Return the intrinsics from camera_info where the odometry asks for them."""
        if not self._needs_camera_info:
            return None
        if observation.camera_info is None:
            raise FrameError("intrinsics is 'given', but no camera_info has arrived. Remap "
                             "camera_info, or set intrinsics to 'estimate'.")
        intrinsics = intrinsics_from_camera_info(observation.camera_info)
        if intrinsics is None:
            raise FrameError("intrinsics is 'given', but camera_info says that the camera is "
                             "not calibrated (K[0] = 0). Set intrinsics to 'estimate'.")
        if (intrinsics.width, intrinsics.height) != (width, height):
            raise FrameError(
                f'camera_info is for {intrinsics.width}x{intrinsics.height} px, the image has '
                f'{width}x{height}. Remap camera_info to the one that belongs to the image.')
        return intrinsics
