# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images looked up where the flow leads, on their device."""

import torch
from torch import Tensor
from torch.nn import functional

CONSISTENT_PX, CONSISTENT_SHARE = 1.0, 0.03


def flow_returns(forward: Tensor, backward: Tensor) -> Tensor:
    """Return where (H, W) flow (2, H, W) there and back, px, leads back to the start."""
    error = (forward + warped(backward, forward)).norm(dim=0)
    return error < CONSISTENT_PX + CONSISTENT_SHARE * forward.norm(dim=0)


def warped(image: Tensor, flow: Tensor, mode: str = 'bilinear') -> Tensor:
    """Return what an image (C, H, W) shows where flow (2, H, W) from another one leads, px."""
    height, width = flow.shape[1:]
    rows, columns = (torch.arange(side, dtype=flow.dtype, device=flow.device)
                     for side in (height, width))
    positions = torch.stack([flow[0] + columns, flow[1] + rows[:, None]], dim=-1)
    return looked_up(image, positions, mode)


def looked_up(image: Tensor, positions_px: Tensor, mode: str = 'bilinear') -> Tensor:
    """Return the values (C, ...) of an image (C, H, W) at positions (..., 2): x, y.

    Beyond the edges of the image they are those at its edges.
    """
    height, width = image.shape[1:]
    x = positions_px[..., 0] * (2 / (width - 1)) - 1
    y = positions_px[..., 1] * (2 / (height - 1)) - 1
    grid = torch.stack([x, y], dim=-1).reshape(1, 1, -1, 2)
    values = functional.grid_sample(image[None], grid, mode=mode, padding_mode='border',
                                    align_corners=True)
    return values.reshape(image.shape[0], *positions_px.shape[:-1])
