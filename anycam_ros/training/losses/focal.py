# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss of the focal length likelihood (equation 8)."""

from torch import Tensor
from torch.nn import functional


def focal_loss(log_probs: Tensor, candidate_losses: Tensor, temperature: float) -> Tensor:
    """Return the divergence (B,) of log-probabilities (B, C) from what the losses say (eq. 8).

    The candidates' flow losses (B, C) are labels: no gradient reaches them. The divergence is
    that of the prediction from the label, as in the authors' code.
    """
    label = (-temperature * candidate_losses.detach()).log_softmax(dim=-1)
    return functional.kl_div(log_probs, label, reduction='none', log_target=True).sum(dim=-1)
