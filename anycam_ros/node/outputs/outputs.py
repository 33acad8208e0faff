# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics that the node publishes, and the transform to odom."""

from collections import deque
from collections.abc import Sequence

from geometry_msgs.msg import PoseStamped, TwistWithCovariance
from nav_msgs.msg import Odometry, Path
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_ros import TransformBroadcaster

from anycam_ros.msg import Status
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.conversions import (
    array_to_image,
    camera_info_from_intrinsics,
    stamp_message,
    stamp_ns,
)
from anycam_ros.node.outputs.create_publisher import create_publisher
from anycam_ros.node.outputs.scene import SceneOutputs
from anycam_ros.node.outputs.tf_frames import TfFrames
from anycam_ros.node.outputs.transforms import Motion, odom_transform, pose_from_matrix
from anycam_ros.odometry import Frame, OdometryEstimate, StampedPose, TrackingState, VisualOdometry

PATH_PERIOD_NS = 100_000_000


class Outputs:
    """Publish estimates; each message has the stamp of the image that it comes from."""

    def __init__(self, node: Node, config: NodeConfig, frames: TfFrames) -> None:
        """Create the publishers (reliable, REP-2003) and the transform broadcaster."""
        self._node, self._config = node, config
        self._frames = frames
        self._odom = create_publisher(node, Odometry, 'odom')
        self._camera_info = create_publisher(node, CameraInfo, 'estimated/camera_info')
        self._motion_mask = create_publisher(node, Image, 'motion_mask')
        self._uncertainty = create_publisher(node, Image, 'uncertainty')
        self._status = create_publisher(node, Status, 'status')
        self._path = create_publisher(node, Path, 'path')
        self._refined_path = create_publisher(node, Path, 'refined_path')
        self._scene = SceneOutputs(node)
        self._broadcaster = TransformBroadcaster(node)
        self._poses: deque[PoseStamped] = deque()
        self.odometry_count = 0
        self.latest_status: Status | None = None

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._odom, self._camera_info, self._motion_mask, self._uncertainty,
                          self._status, self._path, self._refined_path,
                          self._broadcaster.pub_tf):
            self._node.destroy_publisher(publisher)
        self._scene.close()

    def reconfigure(self, config: NodeConfig) -> None:
        """Publish as this configuration says from now on."""
        self._config = config

    def publish_status(self, status: Status) -> None:
        """Publish the state of the odometry."""
        self._status.publish(status)
        self.latest_status = status

    def publish_pose(self, header: Header, estimate: OdometryEstimate) -> None:
        """Publish where the camera was, and its intrinsics.

        Raises MissingTransformError.
        """
        if self._publishes(estimate):
            self._publish_motion(header, self._frames.motion(header, estimate))
            self._camera_info.publish(camera_info_from_intrinsics(header, estimate.intrinsics))

    def publish_scene(self, header: Header, frame: Frame, estimate: OdometryEstimate,
                      odometry: VisualOdometry) -> None:
        """Publish what the frame shows, which the odometry has finished last."""
        if not self._publishes(estimate):
            return
        self._publish_what_moves(header, estimate)
        if estimate.status != TrackingState.LOST:
            self._scene.publish(header, odometry, frame, estimate)
        if estimate.is_key_frame and self._refined_path.get_subscription_count():
            self._publish_refined_path(header, odometry.refined_trajectory())

    def forget_path(self) -> None:
        """Start a new path with the next pose."""
        self._poses.clear()

    def _publish_motion(self, header: Header, motion: Motion) -> None:
        """Publish pose and twist, and with them the transform and the path."""
        in_odom = Header(stamp=header.stamp, frame_id=self._config.odom_frame)
        child_frame = self._frames.child_frame(header)
        odometry = Odometry(header=in_odom, child_frame_id=child_frame)
        odometry.pose.pose = pose_from_matrix(motion.T_target_source)
        odometry.pose.covariance = motion.pose_covariance.ravel()
        odometry.twist = _twist(motion)
        self._odom.publish(odometry)
        self.odometry_count += 1
        if self._config.publish_tf:
            self._broadcaster.sendTransform(odom_transform(
                in_odom, child_frame, motion.T_target_source,
                inverted=self._config.invert_odom_tf))
        self._extend_path(PoseStamped(header=in_odom, pose=odometry.pose.pose))

    def _publishes(self, estimate: OdometryEstimate) -> bool:
        return estimate.status != TrackingState.LOST or self._config.publish_when_lost

    def _publish_what_moves(self, header: Header, estimate: OdometryEstimate) -> None:
        """Publish mask and uncertainty where someone subscribes to them."""
        if self._motion_mask.get_subscription_count() and estimate.motion_mask is not None:
            self._motion_mask.publish(array_to_image(header, estimate.motion_mask, 'mono8'))
        if self._uncertainty.get_subscription_count() and estimate.uncertainty is not None:
            self._uncertainty.publish(array_to_image(header, estimate.uncertainty, '32FC1'))

    def _publish_refined_path(self, header: Header, trajectory: Sequence[StampedPose]) -> None:
        """Publish where the published frame was in odom, as refinement sees it now."""
        if not trajectory:
            return
        odom_frame = self._config.odom_frame
        self._refined_path.publish(Path(
            header=Header(stamp=header.stamp, frame_id=odom_frame),
            poses=[PoseStamped(header=Header(stamp=stamp_message(pose.stamp_s),
                                             frame_id=odom_frame),
                               pose=pose_from_matrix(pose.T_odom_camera))
                   for pose in self._frames.past(header, trajectory)]))

    def _extend_path(self, pose: PoseStamped) -> None:
        poses = self._poses
        passed_ns = stamp_ns(pose.header) - stamp_ns(poses[-1].header) if poses else PATH_PERIOD_NS
        if passed_ns < 0:
            poses.clear()
        elif passed_ns < PATH_PERIOD_NS:
            return
        poses.append(pose)
        while len(poses) > self._config.path_max_size:
            poses.popleft()
        if poses and self._path.get_subscription_count():
            self._path.publish(Path(header=pose.header, poses=list(poses)))


def _twist(motion: Motion) -> TwistWithCovariance:
    message = TwistWithCovariance(covariance=motion.twist_covariance.ravel())
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z, angular.x, angular.y, angular.z = motion.twist.tolist()
    return message
