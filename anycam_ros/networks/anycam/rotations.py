# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batched rotations in torch: rotation vectors, quaternions (w first), matrices."""

import torch
from torch import Tensor

SMALLEST_RAD = 1e-6


def matrix_from_vector(vector: Tensor) -> Tensor:
    """Return the rotations (..., 3, 3) of rotation vectors (..., 3), rad."""
    angle = vector.norm(dim=-1, keepdim=True)
    safe = angle.clamp(min=SMALLEST_RAD)     # a sine is as long as its angle there
    factor = (safe / 2).sin() / safe
    return matrix_from_quaternion(torch.cat([(angle / 2).cos(), factor * vector], dim=-1))


def matrix_from_quaternion(quaternion: Tensor) -> Tensor:
    """Return the rotations (..., 3, 3) of quaternions (..., 4) of any length but zero."""
    w, x, y, z = quaternion.unbind(-1)
    s = 2.0 / (quaternion * quaternion).sum(-1)
    rows = ((1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)),
            (s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)),
            (s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)))
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def quaternion_from_matrix(R: Tensor) -> Tensor:
    """Return the quaternions (..., 4) of rotations (..., 3, 3), w not negative.

    Each row of w q, x q, y q, z q is the quaternion; the longest is the one best determined.
    """
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = R.flatten(-2).unbind(-1)
    diagonal = torch.stack([1 + m00 + m11 + m22, 1 + m00 - m11 - m22,
                            1 - m00 + m11 - m22, 1 - m00 - m11 + m22], dim=-1)
    wx, wy, wz = m21 - m12, m02 - m20, m10 - m01
    xy, xz, yz = m10 + m01, m02 + m20, m12 + m21
    rows = torch.stack([
        torch.stack([diagonal[..., 0], wx, wy, wz], dim=-1),
        torch.stack([wx, diagonal[..., 1], xy, xz], dim=-1),
        torch.stack([wy, xy, diagonal[..., 2], yz], dim=-1),
        torch.stack([wz, xz, yz, diagonal[..., 3]], dim=-1)], dim=-2)
    best = diagonal.argmax(dim=-1)[..., None, None].expand(*R.shape[:-2], 1, 4)
    longest = rows.gather(-2, best)[..., 0, :]
    quaternion = longest / longest.norm(dim=-1, keepdim=True)
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
