# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Odom held to REP-105: finite, and no step larger than motion and covariance explain."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
import math

from faulty_camera import Sent
from nav_msgs.msg import Odometry
import numpy as np
from numpy.typing import NDArray
from peer import NANOSECONDS, pose_matrix, stamp_ns

SIGMAS = 5.0
NEIGHBOURS = 30     # on either side, from which the unit of length is told


def assert_smooth(odometry: Sequence[Odometry], sent: Mapping[int, Sent],
                  largest_m: float, largest_rad: float) -> None:
    """Raise AssertionError for what is not finite, and for a jump.

    sent tells by the stamps what was seen. The largest step of the motion, per tick, limits the
    step of odom; so does what odom itself says of its accuracy, 5 sigma.
    """
    assert all(is_finite(message) for message in odometry)
    steps = [Step(before, after, sent) for before, after in pairwise(odometry)]
    units = np.array([step.length / step.true_m if step.true_m > 0.2 * largest_m else np.nan
                      for step in steps])
    units[units < 0.05] = np.nan       # no map yet
    for index, step in enumerate(steps):
        unit = np.nanmedian(units[max(index - NEIGHBOURS, 0):index + NEIGHBOURS + 1])
        assert step.length <= unit * step.ticks * largest_m + SIGMAS * step.length_sigma, \
            f'odom jumps by {step.length / unit:.3f} m in {step}'
        assert step.angle_rad <= step.ticks * largest_rad + SIGMAS * step.angle_sigma_rad, \
            f'odom turns by {np.degrees(step.angle_rad):.2f} deg in {step}'


def is_finite(message: Odometry) -> bool:
    pose, twist = message.pose.pose, message.twist.twist
    values = [*pose_matrix(message).ravel(), *message.pose.covariance, *message.twist.covariance,
              twist.linear.x, twist.linear.y, twist.linear.z,
              twist.angular.x, twist.angular.y, twist.angular.z]
    q = pose.orientation
    length = math.hypot(q.x, q.y, q.z, q.w)
    return bool(np.isfinite(values).all()) and abs(length - 1) < 1e-6


class Step:
    """Hold the step from one odometry message to the next, and what the camera did meanwhile."""

    def __init__(self, before: Odometry, after: Odometry, sent: Mapping[int, Sent]) -> None:
        """Compare two messages in the order in which they were received."""
        self.length, self.angle_rad = extent(pose_matrix(before), pose_matrix(after))
        start, end = (sent[stamp_ns(message.header)] for message in (before, after))
        self.true_m, _ = extent(start.T_world_camera, end.T_world_camera)
        self.ticks = max(end.tick - start.tick, 1)
        elapsed_s = abs(stamp_ns(after.header) - stamp_ns(before.header)) / NANOSECONDS
        covariance = np.reshape(after.twist.covariance, (6, 6)) * elapsed_s ** 2
        self.length_sigma, self.angle_sigma_rad = (
            math.sqrt(np.linalg.eigvalsh(part)[-1])
            for part in (covariance[:3, :3], covariance[3:, 3:]))
        self._name = f'{self.ticks} ticks before stamp {stamp_ns(after.header)}'

    def __str__(self) -> str:
        return (f'{self._name}; really {self.true_m:.3f} m; sigma {self.length_sigma:.3f}, '
                f'{np.degrees(self.angle_sigma_rad):.3f} deg')


def extent(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    """Return how far and by what angle, rad, two poses differ."""
    T = np.linalg.inv(one) @ other
    cosine = np.clip((np.trace(T[:3, :3]) - 1) / 2, -1, 1)
    return float(np.linalg.norm(T[:3, 3])), float(np.arccos(cosine))
