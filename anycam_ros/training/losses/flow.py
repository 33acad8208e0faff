# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The uncertainty-aware flow loss (equations 4 to 6)."""

import math

from torch import Tensor

SMALLEST_SCALE = 1e-4     # as in the authors' code: a scale of 0 would be infinitely certain


def flow_error(induced: Tensor, flow: Tensor) -> Tensor:
    """Return the L1 distance (..., H, W) of two flows (..., 2, H, W) (equation 4)."""
    return (induced - flow).abs().sum(dim=-3)


def laplace_loss(error: Tensor, scale: Tensor, visible: Tensor) -> Tensor:
    """Return the negative log-likelihood (...) of flow errors (..., H, W) (equation 5).

    The scale is that of a Laplace distribution. Pixels that are not visible in the other frame
    add nothing, but count in the mean (as in the authors' code): a pair of which little is seen
    teaches little.
    """
    scale = scale + SMALLEST_SCALE
    pixels = (math.sqrt(2) * scale).log() + math.sqrt(2) * error / scale
    return (visible * pixels).mean(dim=(-2, -1))


def mean_error(error: Tensor, visible: Tensor) -> Tensor:
    """Return the mean (...) of flow errors (..., H, W), for training without uncertainty."""
    return (visible * error).mean(dim=(-2, -1))


def sequence_loss(pair_losses: Tensor) -> Tensor:
    """Return the sum (B, C) over the pairs of neighbouring frames (B, n - 1, C) (equation 6)."""
    return pair_losses.sum(dim=1)
