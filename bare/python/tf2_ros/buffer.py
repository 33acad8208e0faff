# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tree of frames over time."""

from threading import RLock
import time as wall_clock

from geometry_msgs.msg import Transform, TransformStamped
import numpy as np
from numpy.typing import NDArray
from rclpy.clock import Clock, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.time import Time
from tf_transformations import quaternion_from_matrix

from tf2_ros.exceptions import (
    ConnectivityException,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    TransformException,
)
from tf2_ros.frame_history import MovingFrame, Sample, StaticFrame

POLLING_S = 0.02
UNIT_TOLERANCE = 1e-2
T_IDENTITY = np.eye(4)


class Buffer:
    """Store transforms, and connect frames by them."""

    def __init__(self, cache_time: Duration | None = None, node: Node | None = None) -> None:
        """Keep cache_time (default 10 s) of history; forget it when the clock jumps back."""
        self._cache_ns = (cache_time or Duration(seconds=10)).nanoseconds
        self._frames: dict[str, MovingFrame | StaticFrame] = {}
        self._known: set[str] = set()
        self._lock = RLock()
        self._log = get_logger('tf2_buffer')
        self.clock = node.get_clock() if node else Clock()
        backwards = JumpThreshold(
            min_forward=None, min_backward=Duration(seconds=-1), on_clock_change=True)
        self.jump_handle = self.clock.create_jump_callback(
            backwards, post_callback=self._on_time_jump)

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Take in one sample of a frame that moves."""
        self._set(transform, authority, is_static=False)

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Take in a frame that stays where it is."""
        self._set(transform, authority, is_static=True)

    def clear(self) -> None:
        """Forget the frames that move."""
        with self._lock:
            self._frames = {child: frame for child, frame in self._frames.items()
                            if isinstance(frame, StaticFrame)}

    def can_transform(self, target_frame: str, source_frame: str, time: Time,
                      timeout: Duration = Duration()) -> bool:  # noqa: B008
        """Return whether lookup_transform would succeed, at the latest after the timeout."""
        deadline_s = wall_clock.monotonic() + timeout.nanoseconds * 1e-9
        while not self._is_connected(target_frame, source_frame, time.nanoseconds):
            if wall_clock.monotonic() >= deadline_s:
                return False
            wall_clock.sleep(POLLING_S)
        return True

    def lookup_transform(self, target_frame: str, source_frame: str, time: Time,
                         timeout: Duration = Duration()) -> TransformStamped:  # noqa: B008
        """Return the transform that takes points of source_frame into target_frame.

        Time() means the latest time at which all frames in between are known.
        Raises a TransformException.
        """
        self.can_transform(target_frame, source_frame, time, timeout)
        stamp_ns, matrix = self._lookup(target_frame, source_frame, time.nanoseconds)
        found = TransformStamped(child_frame_id=source_frame, transform=_message(matrix))
        found.header.frame_id = target_frame
        found.header.stamp = Time(nanoseconds=stamp_ns).to_msg()
        return found

    def _set(self, transform: TransformStamped, authority: str, is_static: bool) -> None:
        parent, child = transform.header.frame_id.lstrip('/'), transform.child_frame_id.lstrip('/')
        stamp_ns = Time.from_msg(transform.header.stamp).nanoseconds
        sample = Sample.from_message(stamp_ns, parent, transform.transform)
        problem = _problem(parent, child, sample)
        if problem:
            self._log.error(f'Ignoring transform from {parent!r} to {child!r} of authority '
                            f'{authority!r}: {problem}.')
            return
        with self._lock:
            self._known |= {parent, child}
            if is_static:
                self._frames[child] = StaticFrame(sample)
                return
            frame = self._frames.get(child)
            if not isinstance(frame, MovingFrame):
                frame = self._frames[child] = MovingFrame(self._cache_ns)
            if not frame.insert(sample):
                self._log.warning(f'TF_OLD_DATA ignoring data from the past for frame {child}.')

    def _is_connected(self, target: str, source: str, stamp_ns: int) -> bool:
        try:
            self._lookup(target, source, stamp_ns)
        except TransformException:
            return False
        return True

    def _lookup(self, target: str, source: str, stamp_ns: int
                ) -> tuple[int, NDArray[np.float64]]:
        if target == source:
            return stamp_ns, T_IDENTITY
        with self._lock:
            for name in (target, source):
                self._check_name(name)
            stamp_ns = stamp_ns or self._latest_common_ns(target, source)
            above_source, source_error = self._ancestors(source, stamp_ns)
            above_target, target_error = self._ancestors(target, stamp_ns)
        meeting = next((frame for frame in above_source if frame in above_target), None)
        if meeting is None:
            raise _disconnected(target, source, source_error or target_error)
        return stamp_ns, np.linalg.inv(above_target[meeting]) @ above_source[meeting]

    def _ancestors(self, frame: str, stamp_ns: int
                   ) -> tuple[dict[str, NDArray[np.float64]], ExtrapolationException | None]:
        """Return T_ancestor_frame of all ancestors, and what ended the walk before the root."""
        above = {frame: T_IDENTITY}
        matrix = T_IDENTITY
        while frame in self._frames:
            try:
                sample = self._frames[frame].at(stamp_ns)
            except ExtrapolationException as error:
                return above, error
            if sample.parent in above:
                raise LookupException('The tf tree is invalid because it contains a loop.')
            matrix, frame = sample.matrix @ matrix, sample.parent
            above[frame] = matrix
        return above, None

    def _latest_common_ns(self, target: str, source: str) -> int:
        """Return the newest time at which all that lies between is known; 0 if nothing moves."""
        above_source, above_target = self._latest_chain(source), self._latest_chain(target)
        if set(above_source).isdisjoint(above_target):
            raise _disconnected(target, source, None)
        between = set(above_source) ^ set(above_target)
        stamps = [self._frames[frame].latest_ns for frame in between if frame in self._frames]
        return min((stamp for stamp in stamps if stamp is not None), default=0)

    def _latest_chain(self, frame: str) -> list[str]:
        chain = [frame]
        while chain[-1] in self._frames:
            parent = self._frames[chain[-1]].latest.parent
            if parent in chain:
                raise LookupException('The tf tree is invalid because it contains a loop.')
            chain.append(parent)
        return chain

    def _check_name(self, frame: str) -> None:
        if not frame or frame.startswith('/'):
            raise InvalidArgumentException(
                f'Invalid argument "{frame}" passed to lookupTransform - in tf2 frame_ids cannot '
                "be empty and cannot start with a '/'")
        if frame not in self._known:
            raise LookupException(f'"{frame}" passed to lookupTransform does not exist. ')

    def _on_time_jump(self, time_jump: TimeJump) -> None:  # noqa: ARG002
        self._log.warning('Detected jump back in time. Clearing tf buffer.')
        self.clear()


def _problem(parent: str, child: str, sample: Sample) -> str:
    """Return why a transform cannot be stored; empty when it can."""
    if not parent or not child:
        return 'a frame name is empty'
    if parent == child:
        return 'both frames are the same'
    if not np.isfinite([*sample.translation, *sample.quaternion]).all():
        return 'it is not finite'
    if abs(sample.quaternion @ sample.quaternion - 1) > UNIT_TOLERANCE:
        return f'{sample.quaternion} is no unit quaternion'
    return ''


def _disconnected(target: str, source: str, error: ExtrapolationException | None
                  ) -> TransformException:
    if error:
        return ExtrapolationException(
            f'{error}, when looking up transform from frame [{source}] to frame [{target}]')
    return ConnectivityException(
        f"Could not find a connection between '{target}' and '{source}' because they are not "
        'part of the same tree.Tf has two or more unconnected trees.')


def _message(matrix: NDArray[np.float64]) -> Transform:
    message = Transform()
    t, q = message.translation, message.rotation
    t.x, t.y, t.z = matrix[:3, 3].tolist()
    q.x, q.y, q.z, q.w = quaternion_from_matrix(matrix).tolist()
    return message
