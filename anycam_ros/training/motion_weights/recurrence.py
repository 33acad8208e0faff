# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the network over the frames of a segment, its state carried along the flow."""

import torch
from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.networks.motion_weights.model import Output


def run_over_frames(network: nn.Module, inputs: Tensor, came_by: Tensor,
                    has_past: Tensor) -> Output:
    """Return what the network says of each frame, (B, T, ...), in the order of time.

    inputs (B, T, C, h, w); came_by (B, T, 2, h, w) leads to the frame before; has_past (B, T).
    What was said of the frame before is taken as given: no gradient goes back in time.
    """
    outputs: list[Output] = []
    moving: Tensor | None = None
    for t in range(inputs.shape[1]):
        state = carried(moving, came_by[:, t], has_past[:, t])
        seen = torch.cat([inputs[:, t], state], dim=1)
        output: Output = network(seen.contiguous(memory_format=torch.channels_last))
        moving = output.moving_logit.detach().float().sigmoid()
        outputs.append(output)
    return Output(*(torch.stack(parts, dim=1) for parts in zip(*outputs, strict=True)))


def carried(moving: Tensor | None, came_by: Tensor, has_past: Tensor) -> Tensor:
    """Return the state (B, 2, h, w); the same as carried_state() of the runtime."""
    batch, _, rows, columns = came_by.shape
    if moving is None:
        return came_by.new_zeros(batch, 2, rows, columns)
    y, x = torch.meshgrid(torch.arange(rows, device=came_by.device),
                          torch.arange(columns, device=came_by.device), indexing='ij')
    x, y = x + came_by[:, 0], y + came_by[:, 1]
    seen = (x > -0.5) & (y > -0.5) & (x < columns - 0.5) & (y < rows - 0.5) \
        & has_past[:, None, None]
    grid = torch.stack([2 * x / (columns - 1) - 1, 2 * y / (rows - 1) - 1], dim=-1)
    before = functional.grid_sample(moving[:, None], grid, padding_mode='border',
                                    align_corners=True)[:, 0]
    return torch.stack([before * seen, seen.to(before.dtype)], dim=1)
