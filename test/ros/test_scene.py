# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points, depth and the refined path, for people and planners; built when somebody listens."""

from collections.abc import Iterator
from typing import Any

from depth_camera import DepthCamera, metres, RgbdClip
from nav_msgs.msg import Path
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import (
    CAMERA_FRAME,
    header_at,
    image_message,
    NANOSECONDS,
    Peer,
    PERIOD_NS,
    stamp_ns,
)
import pytest
from sensor_msgs.msg import Image, PointCloud2
from sensor_msgs_py.point_cloud2 import read_points

from anycam_ros.simulation.rendered_scene import RenderedScene

TOPICS = {'points': PointCloud2, 'points/moving': PointCloud2, 'estimated/depth': Image,
          'refined_path': Path}
FRAMES = 60


class Viewer:
    """Listen to the topics of the scene, for as long as it is asked to."""

    def __init__(self, peer: Peer) -> None:
        self.received: dict[str, dict[int, Any]] = {topic: {} for topic in TOPICS}
        self._peer = peer
        self._subscriptions = [peer.node.create_subscription(
            kind, topic, lambda message, topic=topic: self.received[topic].update(
                {stamp_ns(message.header): message}), 100) for topic, kind in TOPICS.items()]

    def wait_until_connected(self) -> None:
        for topic in TOPICS:
            self._peer.wait_for(lambda topic=topic: bool(
                self._peer.node.get_publishers_info_by_topic(topic)), 10.0, topic)

    def wait_for(self, topic: str, stamp: int) -> Any:  # noqa: ANN401
        self._peer.wait_for(lambda: stamp in self.received[topic], 5.0, f'{topic} at {stamp}')
        return self.received[topic][stamp]


@pytest.fixture(scope='module')
def moving_scene() -> RenderedScene:
    return RenderedScene(320, 240)


@pytest.fixture(scope='module')
def rgbd(moving_scene: RenderedScene) -> RgbdClip:
    frames = [moving_scene.frame(index) for index in range(FRAMES)]
    return [(frame.image_rgb, frame.depth_m) for frame in frames]


@pytest.fixture(scope='module')
def seen_with_depth(rgbd: RgbdClip) -> Iterator[Viewer]:
    with Peer('/deep') as peer, NodeProcess('-r', '__ns:=/deep', parameters=['depth:=topic']):
        viewer, depths = Viewer(peer), DepthCamera(peer)
        peer.wait_until_connected()
        depths.wait_until_connected()
        viewer.wait_until_connected()
        depths.introduce(rgbd)
        for index, (image, depth_m) in enumerate(rgbd):
            stamp = 10 * NANOSECONDS + index * PERIOD_NS
            depths.publish(metres(stamp, depth_m))
            peer.send(image_message(header_at(stamp), image))
        yield viewer


LAST = 10 * NANOSECONDS + (FRAMES - 1) * PERIOD_NS


def xyz(cloud: PointCloud2) -> NDArray[np.float64]:
    points = read_points(cloud)
    return np.stack([points[name] for name in 'xyz'], axis=1).astype(np.float64)


def test_points_that_stand_and_points_that_move_come_apart(
        seen_with_depth: Viewer, moving_scene: RenderedScene) -> None:
    truth, camera = moving_scene.frame(FRAMES - 1), moving_scene.intrinsics
    for topic, moves in (('points', 0.0), ('points/moving', 1.0)):
        cloud = seen_with_depth.wait_for(topic, LAST)
        assert cloud.header.frame_id == CAMERA_FRAME
        assert [field.name for field in cloud.fields] == ['x', 'y', 'z', 'rgb']
        assert cloud.width > (300 if moves else 10_000)
        rgb = read_points(cloud, ['rgb'])['rgb'].view(np.uint32)
        colours = np.stack([rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255], axis=1)
        points = xyz(cloud)
        # The focal length is estimated here: what pixel a point is of does not depend on it.
        focal_px = _focal_px(points, truth.depth_m, camera.cx, camera.cy)
        column = np.rint(focal_px * points[:, 0] / points[:, 2] + camera.cx).astype(int)
        row = np.rint(focal_px * points[:, 1] / points[:, 2] + camera.cy).astype(int)
        np.testing.assert_allclose(points[:, 2], truth.depth_m[row, column], rtol=1e-5)
        np.testing.assert_array_equal(colours, truth.image_rgb[row, column])
        assert truth.moving[row, column].mean() == pytest.approx(moves, abs=0.45)


def _focal_px(points: NDArray[np.float64], depth_m: NDArray[np.float32], cx: float,
              cy: float) -> float:
    """Return the focal length with which the points fall on pixels of their depth."""
    def fit(focal_px: float) -> float:
        column = np.clip(np.rint(focal_px * points[:, 0] / points[:, 2] + cx), 0, 319).astype(int)
        row = np.clip(np.rint(focal_px * points[:, 1] / points[:, 2] + cy), 0, 239).astype(int)
        return float(np.mean(np.abs(depth_m[row, column] - points[:, 2]) < 1e-4))
    return float(max(np.arange(200.0, 420.0, 0.25), key=fit))


def test_depth_is_that_which_the_odometry_has_used(
        seen_with_depth: Viewer, moving_scene: RenderedScene) -> None:
    depth = seen_with_depth.wait_for('estimated/depth', LAST)
    assert (depth.height, depth.width, depth.encoding) == (240, 320, '32FC1')
    assert depth.header.frame_id == CAMERA_FRAME
    np.testing.assert_array_equal(np.frombuffer(depth.data, np.float32).reshape(240, 320),
                                  moving_scene.frame(FRAMES - 1).depth_m)


def test_refined_path_comes_at_key_frames_and_ends_where_odom_is(
        peer: Peer, scene: RenderedScene) -> None:
    with NodeProcess():
        peer.wait_until_connected()
        viewer = Viewer(peer)
        viewer.wait_until_connected()
        peer.play([scene.frame(index).image_rgb for index in range(FRAMES)])
        last = NANOSECONDS + (FRAMES - 1) * PERIOD_NS
        cloud = viewer.wait_for('points', last)
        assert cloud.width > 100
        assert viewer.wait_for('points/moving', last).width == 0
        assert not viewer.received['estimated/depth']
        paths = viewer.received['refined_path']
        assert 0 < len(paths) < FRAMES / 2
        for stamp, path in paths.items():
            assert path.header.frame_id == 'odom'
            stamps = [stamp_ns(pose.header) for pose in path.poses]
            assert stamps == sorted(stamps)
            assert abs(stamps[-1] - stamp) < 1000
            newest, odom = path.poses[-1].pose.position, peer.received['odom'][stamp]
            p = odom.pose.pose.position
            np.testing.assert_allclose((newest.x, newest.y, newest.z), (p.x, p.y, p.z), atol=0.05)
