# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion seen both ways: averaged, and chained to a path."""

import torch
from torch import Tensor

from anycam_ros.networks.anycam.rotations import matrix_from_quaternion, quaternion_from_matrix


def average_directions(forward: Tensor, backward: Tensor) -> Tensor:
    """Return the mean motion (..., 4, 4) from a camera to the next.

    Takes the motion from each camera to the next, and that from the next one back. Half way
    between two rotations lies the sum of their quaternions.
    """
    # Half precision, if the network runs in it, would round the path to a thousandth.
    with torch.autocast(forward.device.type, enabled=False):
        inverse = inverse_motion(backward)
        quaternion = sum(quaternion_from_matrix(T[..., :3, :3]) for T in (forward, inverse))
        mean = (forward + inverse) / 2
        mean[..., :3, :3] = matrix_from_quaternion(torch.as_tensor(quaternion))
        return mean


def chain(relative: Tensor) -> Tensor:
    """Return the cameras in the first one (n + 1, ..., 4, 4) of motions (n, ..., 4, 4)."""
    T_first_camera = [torch.eye(4).to(relative).expand(relative.shape[1:])]
    for motion in relative:
        T_first_camera.append(T_first_camera[-1] @ inverse_motion(motion))
    return torch.stack(T_first_camera)


def inverse_motion(T: Tensor) -> Tensor:
    """Return the inverse of rigid motions (..., 4, 4)."""
    R_transposed = T[..., :3, :3].transpose(-1, -2)
    inverse = T.clone()
    inverse[..., :3, :3] = R_transposed
    inverse[..., :3, 3:] = -R_transposed @ T[..., :3, 3:]
    return inverse
