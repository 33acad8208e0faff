# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rotations and rigid motions of three dimensions, compiled, callable from other kernels."""

import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.compiled import compiled

Array = NDArray[np.float64]

# Camera axes (x right, y down, z forward) to body axes (x forward, y left, z up), REP-103.
T_BODY_OPTICAL: Array = np.array(
    [[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]], np.float64)


@compiled
def so3_exp(vector: Array) -> Array:
    """Return the rotation (3, 3) of a rotation vector (3,), rad (Rodrigues)."""
    x, y, z = vector[0], vector[1], vector[2]
    angle_squared = x * x + y * y + z * z
    if angle_squared < 1e-16:
        a, b = 1.0 - angle_squared / 6.0, 0.5 - angle_squared / 24.0
    else:
        angle = math.sqrt(angle_squared)
        a, b = math.sin(angle) / angle, (1.0 - math.cos(angle)) / angle_squared
    R = np.empty((3, 3))
    R[0, 0], R[0, 1], R[0, 2] = 1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y
    R[1, 0], R[1, 1], R[1, 2] = b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x
    R[2, 0], R[2, 1], R[2, 2] = b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y)
    return R


@compiled
def orthonormalised(R: Array) -> Array:
    """Return the rotation nearest to R up to first order (Gram-Schmidt on rows)."""
    out = np.empty((3, 3))
    out[0] = R[0] / math.sqrt((R[0] * R[0]).sum())
    second = R[1] - (R[1] * out[0]).sum() * out[0]
    out[1] = second / math.sqrt((second * second).sum())
    out[2, 0] = out[0, 1] * out[1, 2] - out[0, 2] * out[1, 1]
    out[2, 1] = out[0, 2] * out[1, 0] - out[0, 0] * out[1, 2]
    out[2, 2] = out[0, 0] * out[1, 1] - out[0, 1] * out[1, 0]
    return out


def so3_log(R: Array) -> Array:
    """Return the rotation vector (3,), rad, of a rotation (3, 3)."""
    skew = 0.5 * np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
    sine = float(np.linalg.norm(skew))
    angle = math.atan2(sine, 0.5 * (np.trace(R) - 1.0))
    if sine > 1e-8:
        return np.asarray(skew * (angle / sine))
    if angle < 1.0:
        return skew
    # Half a turn: the axis is in R + I.
    column = int(np.argmax(np.diag(R)))
    axis = (R + np.eye(3))[:, column]
    return np.asarray(axis * (angle / np.linalg.norm(axis)))


def so3xr3_log(T: Array) -> Array:
    """Return translation and rotation vector (6,) of a rigid motion (4, 4)."""
    return np.concatenate([T[:3, 3], so3_log(T[:3, :3])])


def inverse(T: Array) -> Array:
    """Return the inverse of rigid motions (..., 4, 4)."""
    out = np.zeros_like(T)
    R_transposed = np.swapaxes(T[..., :3, :3], -1, -2)
    out[..., :3, :3] = R_transposed
    out[..., :3, 3] = -(R_transposed @ T[..., :3, 3:])[..., 0]
    out[..., 3, 3] = 1.0
    return out


def skew(vector: Array) -> Array:
    """Return the matrix (3, 3) of the cross product with a vector (3,)."""
    x, y, z = vector
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], np.float64)


def adjoint(T: Array) -> Array:
    """Return the adjoint (6, 6) of T_a_b: twists (linear, angular) of frame b to frame a."""
    R = T[:3, :3]
    out = np.zeros((6, 6))
    out[:3, :3] = out[3:, 3:] = R
    out[:3, 3:] = skew(T[:3, 3]) @ R
    return out


def from_rotation_translation(R: Array, t: Array) -> Array:
    """Return the rigid motion (4, 4) of a rotation (3, 3) and a translation (3,)."""
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, t
    return T


def rescaled(T: Array, factor: float) -> Array:
    """Return a transform (4, 4) with its length multiplied."""
    return from_rotation_translation(T[:3, :3], factor * T[:3, 3])
