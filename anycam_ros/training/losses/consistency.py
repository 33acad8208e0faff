# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The consistency of motions forward and backward (equation 7)."""

import torch
from torch import Tensor


def consistency_loss(forward: Tensor, backward: Tensor) -> Tensor:
    """Return the L1 distance (B, C) from going there and back to not moving (equation 7).

    forward (B, n - 1, C, 4, 4) maps camera i to i + 1, backward camera i + 1 to i. The paper
    prints the inverse of the forward pose, of which the loss of a perfect pair would not be 0;
    this is the product without it, as in the authors' code.
    """
    identity = torch.eye(4, dtype=forward.dtype, device=forward.device)
    return (forward @ backward - identity).abs().sum(dim=(-2, -1)).sum(dim=1)
