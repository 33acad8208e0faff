# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which pixels of a frame another frame still shows."""

import torch
from torch import Tensor


def visible_pixels(backward_flow: Tensor) -> Tensor:
    """Return where (N, H, W) a frame is hit by the flow (N, 2, H, W), px, back from the other: 1.

    As in the authors' code targets are rounded, and those beyond the edge count for the edge.
    """
    count, _, height, width = backward_flow.shape
    rows, columns = (torch.arange(side, device=backward_flow.device) for side in (height, width))
    x = (columns + backward_flow[:, 0]).round().clamp(0, width - 1)
    y = (rows[:, None] + backward_flow[:, 1]).round().clamp(0, height - 1)
    hit = torch.zeros(count, height * width, dtype=backward_flow.dtype,
                      device=backward_flow.device)
    hit.scatter_(1, (y * width + x).long().flatten(1), 1.0)
    return hit.reshape(count, height, width)
