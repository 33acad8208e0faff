# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past of the published frame agrees with its present."""

from collections.abc import Iterator

from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
import numpy as np
from peer import CAMERA_FRAME, header_at, NANOSECONDS
import pytest
from rclpy.node import Node
from tf2_ros import Buffer

from anycam_ros.node.config import NodeConfig
from anycam_ros.node.outputs.tf_frames import MissingTransformError, TfFrames
from anycam_ros.odometry import Frame, OdometryEstimate, StampedPose, VisualOdometry
from anycam_ros.simulation.rendered_scene import RenderedScene

HEADER = header_at(5 * NANOSECONDS)


@pytest.fixture(scope='module')
def node() -> Iterator[Node]:
    node = Node('frames')
    yield node
    node.destroy_node()


@pytest.fixture(scope='module')
def estimate(scene: RenderedScene) -> OdometryEstimate:
    odometry = VisualOdometry()
    for index in range(4):
        frame = scene.frame(5 * index)
        estimate = odometry.process(Frame(frame.stamp_s, frame.image_rgb))
    assert estimate is not None
    return estimate


@pytest.mark.parametrize('config', [
    NodeConfig(), NodeConfig(base_frame='base_link', initial_pose=(1.0, 2.0, 0.0, 0.0, 0.0, 0.5)),
    NodeConfig(base_frame='base_link', two_d_mode=True)], ids=['camera', 'base', 'plane'])
def test_newest_of_the_past_is_the_present(node: Node, estimate: OdometryEstimate,
                                           config: NodeConfig) -> None:
    buffer = Buffer(node=node)
    mounted = TransformStamped(child_frame_id=CAMERA_FRAME, transform=Transform(
        translation=Vector3(x=0.2, y=-0.1, z=0.5),
        rotation=Quaternion(x=0.5, y=-0.5, z=0.5, w=-0.5)))
    mounted.header.frame_id = 'base_link'
    buffer.set_transform_static(mounted, 'test')
    frames = TfFrames(node, config, buffer)
    present = frames.motion(HEADER, estimate).T_target_source
    earlier, newest = frames.past(HEADER, [
        StampedPose(4.0, np.eye(4)), StampedPose(5.0, estimate.T_odom_camera)])
    frames.close()
    np.testing.assert_allclose(newest.T_odom_camera, present, atol=1e-12)
    assert (earlier.stamp_s, newest.stamp_s) == (4.0, 5.0)
    assert not np.allclose(earlier.T_odom_camera, present, atol=1e-3)


def test_without_its_transform_the_past_is_not_made_up(
        node: Node, estimate: OdometryEstimate) -> None:
    frames = TfFrames(node, NodeConfig(base_frame='base_link'), Buffer(node=node))
    with pytest.raises(MissingTransformError, match="'base_link' to 'camera_optical'"):
        frames.past(HEADER, [StampedPose(5.0, estimate.T_odom_camera)])
    frames.close()
