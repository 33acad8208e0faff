# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The flow that a motion of the camera induces in a rigid scene (equation 3)."""

import math

import torch
from torch import Tensor

from anycam_ros.geometry.se3 import Array

Entry = Tensor | float


def induced_flow(depth: Tensor, T_target_source: Array | Tensor, focal_px: Entry,
                 centre_px: tuple[float, float], *, nearest: float,
                 behind: float = math.nan) -> Tensor:
    """Return the flow (..., 2, H, W) of a rigid scene, px.

    Depth (..., H, W) of the source, motions (..., 4, 4) and focal lengths (...) broadcast;
    lengths, nearest too, have the unit of the depth. A point that is not beyond nearest in the
    target is taken to be at `behind` there: NaN marks it, a number keeps gradients finite.
    """
    rows, columns = (torch.arange(side, dtype=depth.dtype, device=depth.device)
                     for side in depth.shape[-2:])
    focal = focal_px[..., None, None] if isinstance(focal_px, Tensor) else focal_px
    x = (columns - centre_px[0]) / focal
    y = ((rows - centre_px[1])[:, None]) / focal
    point = [depth * (row[0] * x + row[1] * y + row[2]) + row[3]
             for row in _entries(T_target_source)]
    z = torch.where(point[2] > nearest, point[2], behind)
    return torch.stack([focal * (point[0] / z - x), focal * (point[1] / z - y)], dim=-3)


def _entries(T: Array | Tensor) -> list[list[Entry]]:
    """Return the upper three rows of motions, each entry in a form that images broadcast to."""
    if isinstance(T, Tensor):
        return [[T[..., row, column, None, None] for column in range(4)] for row in range(3)]
    # Plain numbers: a tensor of them would have to be brought to the device.
    rows: list[list[Entry]] = T[:3].tolist()
    return rows
