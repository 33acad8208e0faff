# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that walks to and fro for ever, whatever becomes of its pictures on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from numpy.typing import NDArray
from peer import (
    header_at,
    image_message,
    NANOSECONDS,
    Peer,
    PERIOD_NS,
)
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.msg import Status
from anycam_ros.node.conversions import camera_info_from_intrinsics
from anycam_ros.simulation.rendered_scene import RenderedFrame

Picture = NDArray[np.uint8]
LONGEST_RECOVERY = 2 * NANOSECONDS // PERIOD_NS
CALM_FRAMES = 10      # after a recovery, so that the node knows again how often frames come


@dataclass(frozen=True)
class Sent:
    """Hold what an image of the right kind showed."""

    tick: int
    T_world_camera: NDArray[np.float64]


class FaultyCamera:
    """Film the clip forward and back, 30 pictures a second by their stamps."""

    def __init__(self, peer: Peer, clip: Sequence[RenderedFrame],
                 intrinsics: Intrinsics | None = None) -> None:
        """Film; with intrinsics also publish camera_info and depth."""
        self.peer = peer
        self.tick = 0
        self.stamp_ns = 1000 * NANOSECONDS
        self.sent: dict[int, Sent] = {}
        self.is_calibrated = intrinsics is not None
        self._clip = clip
        self._infos = peer.node.create_publisher(CameraInfo, 'camera_info',
                                                 qos_profile_sensor_data)
        self._depths = peer.node.create_publisher(Image, 'depth', qos_profile_sensor_data)
        self.intrinsics = intrinsics
        self.diagnosed: list[str] = []
        peer.node.create_subscription(DiagnosticArray, '/diagnostics', self._keep, 10)

    def _keep(self, array: DiagnosticArray) -> None:
        self.diagnosed += [status.message for status in array.status
                           if status.level != DiagnosticStatus.OK]

    @property
    def view(self) -> RenderedFrame:
        """Return what the camera sees now."""
        last = len(self._clip) - 1
        phase = self.tick % (2 * last)
        return self._clip[min(phase, 2 * last - phase)]

    def walk(self, ticks: int = 1) -> None:
        """Move on without a picture."""
        self.tick += ticks
        self.stamp_ns += ticks * PERIOD_NS

    def film(self, frames: int = 1) -> Status:
        """Move on and send what is seen, frame by frame; return the last status."""
        for _ in range(frames):
            self.walk()
            status = self.send(self.message())
        return status

    def message(self, picture: Picture | None = None, encoding: str = 'rgb8') -> Image:
        """Return the picture, or what is seen now, as an image of now."""
        rows = self.view.image_rgb if picture is None else picture
        return image_message(header_at(self.stamp_ns), rows, encoding)

    def remember(self, seen: RenderedFrame | None = None, tick: int | None = None) -> None:
        """Note what the image of now shows: the truth that odom is held to."""
        view = seen or self.view
        self.sent[self.stamp_ns] = Sent(self.tick if tick is None else tick, view.T_world_camera)

    def send(self, message: Image, depth_m: NDArray[np.float32] | None = None) -> Status:
        """Send an image, with the depth and the calibration that belong to it."""
        self.sent.setdefault(self.stamp_ns, Sent(self.tick, self.view.T_world_camera))
        if self.is_calibrated:
            rows = (self.view.depth_m if depth_m is None else depth_m).view(np.uint8)
            self._depths.publish(image_message(
                message.header, rows, '32FC1', width=self.view.depth_m.shape[1]))
        if self.is_calibrated:
            self._infos.publish(camera_info_from_intrinsics(message.header, self.intrinsics))
        return self.peer.send(message)

    def film_until_tracking(self) -> int:
        """Film until the node tracks; return after how many frames it did."""
        for frames in range(1, LONGEST_RECOVERY + 1):
            if self.film().state == Status.TRACKING:
                return frames
        raise AssertionError(f'not tracking after {LONGEST_RECOVERY} frames: '
                             f'{self.peer.statuses[-1].reason}')

    def film_until(self, condition: Callable[[], bool]) -> None:
        """Film in real time until the condition holds."""
        for _ in range(5 * LONGEST_RECOVERY):
            self.film()
            if condition():
                return
            time.sleep(PERIOD_NS / NANOSECONDS)
        raise AssertionError('the node does not say what was waited for')

    def introduce(self) -> None:
        """Film until the node has found all that is published and tracks."""
        for _ in range(10 * LONGEST_RECOVERY):
            if self.film().state == Status.TRACKING:
                break
        self.film(CALM_FRAMES)
        assert self.peer.statuses[-1].state == Status.TRACKING, self.peer.statuses[-1].reason

    def unplug(self) -> None:
        """Take the publisher of the images away until the node misses it."""
        before = len(self.peer.statuses)
        self.peer.stop_images()
        self.peer.wait_for(lambda: any('no publisher' in status.reason
                                       for status in self.peer.statuses[before:]),
                           10, 'status that misses the publisher')

    def plug_in(self) -> None:
        """Publish images again, once a second at first, until the first has come through."""
        self.peer.start_images()
        for _ in range(20):
            self.walk(15)
            self.remember()
            before = len(self.peer.statuses)
            self.peer.publish(self.message())
            time.sleep(0.2)
            if any(status.header.frame_id for status in self.peer.statuses[before:]):
                return
        raise AssertionError('no image comes through after the publisher came back')
