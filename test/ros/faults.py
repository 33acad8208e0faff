# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with cameras, and how the node must let it be seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
from faulty_camera import FaultyCamera
from nav_msgs.msg import Odometry
import numpy as np
from peer import NANOSECONDS
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.msg import Status

HALF_A_SECOND = 15     # frames
DARKNESS = (Status.CAUSE_COVERED, Status.CAUSE_TOO_DARK)
GLARE = (Status.CAUSE_COVERED, Status.CAUSE_OVEREXPOSED)
Evidence = Callable[[Status, Sequence[Status]], bool]


@dataclass(frozen=True)
class Fault:
    """Do something to the camera; shows tells it from the status before and those since."""

    inflict: Callable[[FaultyCamera], object]
    shows: Evidence


def counted(counter: str, number: int, more: int = 0) -> Evidence:
    """Return whether a counter has grown by so much, or up to so much more."""
    return lambda before, since: 0 <= (
        getattr(since[-1], counter) - getattr(before, counter) - number) <= more


def refused(complaint: str, number: int) -> Evidence:
    """Return whether so many frames were refused, with the complaint."""
    return both(counted('frames_rejected', number), complained(complaint))


def complained(complaint: str) -> Evidence:
    """Return whether frames were refused for this."""
    return lambda _, since: any(
        complaint in status.last_rejection and status.cause == Status.CAUSE_FRAME_REFUSED
        for status in since)


def lost_by(*causes: int) -> Evidence:
    """Return whether the state was LOST, for one of the causes."""
    return lambda _, since: any(
        status.state == Status.LOST and status.cause in causes for status in since)


def said(*texts: str) -> Evidence:
    """Return whether each of the texts was a reason."""
    return lambda _, since: all(any(text in status.reason for status in since) for text in texts)


def both(one: Evidence, other: Evidence) -> Evidence:
    return lambda before, since: one(before, since) and other(before, since)


def nothing_lost(before: Status, since: Sequence[Status]) -> bool:
    """Return whether everything went on as if nothing had been."""
    last = since[-1]
    return (last.frames_rejected, last.frames_missing) \
        == (before.frames_rejected, before.frames_missing) \
        and all(status.state == Status.TRACKING for status in since)


def repeat(camera: FaultyCamera) -> None:
    camera.film()
    camera.send(camera.message())


def swap(camera: FaultyCamera) -> None:
    camera.walk()
    first = camera.message()
    camera.film()
    camera.peer.send(first)


def delay(camera: FaultyCamera) -> None:
    camera.walk()
    late = camera.message()
    camera.film(6)
    camera.peer.send(late)


def truncate(camera: FaultyCamera) -> None:
    for share in (0.0, 0.3, 0.999):
        camera.walk()
        message = camera.message()
        message.data = message.data[:int(share * len(message.data))]
        camera.send(message)


def blank(grey: int) -> Callable[[FaultyCamera], None]:
    def show(camera: FaultyCamera) -> None:
        for _ in range(HALF_A_SECOND):
            camera.walk()
            camera.send(camera.message(np.full_like(camera.view.image_rgb, grey)))
    return show


def freeze(camera: FaultyCamera) -> None:
    camera.film()
    seen, tick, depth_m = camera.view, camera.tick, camera.view.depth_m
    for _ in range(HALF_A_SECOND):
        camera.walk()
        camera.remember(seen, tick)
        camera.send(camera.message(seen.image_rgb), depth_m)


def shrink(camera: FaultyCamera) -> None:
    for _ in range(HALF_A_SECOND):
        camera.walk()
        small = cv2.resize(camera.view.image_rgb, (160, 120), interpolation=cv2.INTER_AREA)
        camera.send(camera.message(np.asarray(small, np.uint8)))


def send_floats(camera: FaultyCamera) -> None:
    for _ in range(3):
        camera.walk()
        camera.send(camera.message(encoding='32FC1'))


def send_bgr(camera: FaultyCamera) -> None:
    for _ in range(HALF_A_SECOND):
        camera.walk()
        bgr = np.ascontiguousarray(camera.view.image_rgb[..., ::-1])
        camera.send(camera.message(bgr, 'bgr8'))


def set_clock_back(camera: FaultyCamera) -> None:
    camera.stamp_ns -= 10 * NANOSECONDS + 1_234_567      # no stamp comes twice


def unplug(camera: FaultyCamera) -> None:
    camera.unplug()
    camera.plug_in()


def lose_depth(camera: FaultyCamera) -> None:
    for _ in range(2 * HALF_A_SECOND):
        camera.walk()
        camera.send(camera.message(), np.full_like(camera.view.depth_m, np.nan))


def calibrate_for_another_size(camera: FaultyCamera) -> None:
    recalibrate(camera, camera.intrinsics.resized(640, 480))


def calibrate_otherwise(camera: FaultyCamera) -> None:
    recalibrate(camera, replace(camera.intrinsics, fx=1.1 * camera.intrinsics.fx))


def recalibrate(camera: FaultyCamera, intrinsics: Intrinsics) -> None:
    good, camera.intrinsics = camera.intrinsics, intrinsics
    camera.film(HALF_A_SECOND)
    camera.intrinsics = good


def listen_otherwise(camera: FaultyCamera) -> None:
    """Subscribe with QoS that fits the publisher of odom, and with QoS that does not."""
    listener = Node('listener')
    offers = [QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
              QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)]
    for qos in offers:
        listener.create_subscription(Odometry, 'odom', lambda _: None, qos)
    camera.film_until(lambda: any('listener receives no messages on /odom' in text
                                  for text in camera.diagnosed))
    listener.destroy_node()
    camera.diagnosed.clear()


FAULTS = {
    'frames dropped': Fault(lambda camera: camera.walk(5), counted('frames_missing', 5)),
    'frame duplicated': Fault(repeat, refused('is not after', 1)),
    'frames reordered': Fault(swap, both(refused('is not after', 1),
                                         counted('frames_missing', 1))),
    'frame late': Fault(delay, both(refused('is not after', 1), counted('frames_missing', 1))),
    'frames truncated': Fault(truncate, both(refused('truncated', 3),
                                             counted('frames_missing', 3))),
    'black': Fault(blank(0), lost_by(*DARKNESS)),
    'white': Fault(blank(255), lost_by(*GLARE)),
    'frozen': Fault(freeze, counted('frames_unchanged', HALF_A_SECOND)),
    'resized': Fault(shrink, said('320x240 to 160x120', '160x120 to 320x240')),
    'encoding that is no image': Fault(send_floats, refused('32FC1', 3)),
    'encoding of another kind': Fault(send_bgr, nothing_lost),
    'clock back': Fault(set_clock_back, said('jumped back by')),
    'publisher killed': Fault(unplug, lost_by(Status.CAUSE_NO_IMAGE)),
    'subscriber with other QoS': Fault(listen_otherwise, nothing_lost),
}
FAULTS_WITH_DEPTH = {
    'resized': Fault(shrink, refused('camera_info is for 320x240 px, the image has 160x120',
                                     HALF_A_SECOND)),
    # Depth may come late where others use the machine, too.
    'depth of NaN': Fault(lose_depth, counted('frames_without_depth', 2 * HALF_A_SECOND, more=20)),
    'camera_info changed': Fault(calibrate_otherwise, said('camera_info changed')),
    'camera_info of another size': Fault(calibrate_for_another_size,
                                         complained('camera_info is for 640x480')),
}
