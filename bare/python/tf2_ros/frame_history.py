# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a frame was in its parent, over the last seconds."""

from bisect import bisect_left
from dataclasses import dataclass, field
import math

from geometry_msgs.msg import Transform
import numpy as np
from numpy.typing import NDArray
from tf_transformations import quaternion_matrix

from tf2_ros.exceptions import ExtrapolationException


@dataclass(frozen=True, order=True)
class Sample:
    """Hold the parent of a frame and its pose there; the quaternion is x y z w."""

    stamp_ns: int
    parent: str = field(compare=False)
    translation: NDArray[np.float64] = field(compare=False)
    quaternion: NDArray[np.float64] = field(compare=False)

    @classmethod
    def from_message(cls, stamp_ns: int, parent: str, transform: Transform) -> 'Sample':
        """Return the sample of a message."""
        t, q = transform.translation, transform.rotation
        return cls(stamp_ns, parent, np.array([t.x, t.y, t.z]), np.array([q.x, q.y, q.z, q.w]))

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Return T_parent_frame, (4, 4)."""
        matrix: NDArray[np.float64] = quaternion_matrix(self.quaternion)
        matrix[:3, 3] = self.translation
        return matrix


class StaticFrame:
    """A frame that stays where it is, at any time."""

    latest_ns = None

    def __init__(self, sample: Sample) -> None:
        """Hold the one sample."""
        self.latest = sample

    def at(self, stamp_ns: int) -> Sample:  # noqa: ARG002
        """Return the sample."""
        return self.latest


class MovingFrame:
    """A frame that moves: samples in the order of their stamps."""

    def __init__(self, duration_ns: int) -> None:
        """Keep what is at most duration_ns older than the newest sample."""
        self._duration_ns = duration_ns
        self._samples: list[Sample] = []

    @property
    def latest(self) -> Sample:
        """Return the newest sample."""
        return self._samples[-1]

    @property
    def latest_ns(self) -> int:
        """Return the stamp of the newest sample."""
        return self.latest.stamp_ns

    def insert(self, sample: Sample) -> bool:
        """Take a sample in; return False when it is too old."""
        if self._samples and sample.stamp_ns < self.latest_ns - self._duration_ns:
            return False
        at = bisect_left(self._samples, sample)
        is_known = at < len(self._samples) and self._samples[at].stamp_ns == sample.stamp_ns
        self._samples[at:at + is_known] = [sample]
        oldest_ns = self.latest_ns - self._duration_ns
        del self._samples[:bisect_left(self._samples, oldest_ns, key=_stamp_ns)]
        return True

    def at(self, stamp_ns: int) -> Sample:
        """Return the frame at a time between the first and the last sample.

        Raises ExtrapolationException.
        """
        right = bisect_left(self._samples, stamp_ns, key=_stamp_ns)
        if right < len(self._samples) and self._samples[right].stamp_ns == stamp_ns:
            return self._samples[right]
        if len(self._samples) == 1:
            raise ExtrapolationException(
                f'Lookup would require extrapolation at time {seconds(stamp_ns)}, but only time '
                f'{seconds(self.latest_ns)} is in the buffer')
        if right == len(self._samples):
            raise ExtrapolationException(
                'Lookup would require extrapolation into the future.  Requested time '
                f'{seconds(stamp_ns)} but the latest data is at time {seconds(self.latest_ns)}')
        if right == 0:
            raise ExtrapolationException(
                'Lookup would require extrapolation into the past.  Requested time '
                f'{seconds(stamp_ns)} but the earliest data is at time '
                f'{seconds(self._samples[0].stamp_ns)}')
        return _between(self._samples[right - 1], self._samples[right], stamp_ns)


def seconds(stamp_ns: int) -> str:
    """Return nanoseconds as seconds with six digits."""
    return f'{stamp_ns * 1e-9:.6f}'


def _stamp_ns(sample: Sample) -> int:
    return sample.stamp_ns


def _between(before: Sample, after: Sample, stamp_ns: int) -> Sample:
    if before.parent != after.parent:
        return before
    share = (stamp_ns - before.stamp_ns) / (after.stamp_ns - before.stamp_ns)
    translation = (1 - share) * before.translation + share * after.translation
    return Sample(stamp_ns, before.parent, translation,
                  _slerp(before.quaternion, after.quaternion, share))


def _slerp(first: NDArray[np.float64], second: NDArray[np.float64], share: float
           ) -> NDArray[np.float64]:
    """Turn from the first to the second quaternion, the shorter way round."""
    cosine = float(first @ second)
    if cosine < 0:
        second, cosine = -second, -cosine
    angle = math.acos(min(cosine, 1.0))
    if angle < 1e-9:
        return first
    turned: NDArray[np.float64] = (
        math.sin((1 - share) * angle) * first + math.sin(share * angle) * second) / math.sin(angle)
    return turned
