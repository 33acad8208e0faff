# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training objective (equation 9)."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.training.losses.candidate_flow import candidate_flow
from anycam_ros.training.losses.consistency import consistency_loss
from anycam_ros.training.losses.flow import flow_error, laplace_loss, mean_error, sequence_loss
from anycam_ros.training.losses.focal import focal_loss
from anycam_ros.training.losses.pose_tokens import token_penalty

AXES = 2     # the scale that the published weights predict is that of the error along one axis


@dataclass(frozen=True)
class ObjectiveOptions:
    """Weigh the terms; the defaults are the paper's (supplement, section C)."""

    flow_weight: float = 1.0
    consistency_weight: float = 1.0
    focal_weight: float = 1.0
    token_weight: float = 0.01
    temperature: float = 100.0       # of the candidates' losses as labels
    with_uncertainty: bool = True    # without, the plain error of the flow is minimised


class Observed(NamedTuple):
    """Hold what B clips of n frames show, both ways: B rows in time order, then B reversed."""

    flow: Tensor       # (2 B, n - 1, 2, H, W) of frame i to i + 1 of the row
    visible: Tensor    # (2 B, n - 1, H, W) 1 where frame i + 1 still shows the pixel of frame i
    depth: Tensor      # (2 B, n - 1, 1, H, W) of frame i


class Predicted(NamedTuple):
    """Hold what the network says of the rows."""

    poses: Tensor              # (2 B, n - 1, C, 4, 4) camera i -> i + 1
    focal_log_probs: Tensor    # (2 B, C)
    scale: Tensor              # (2 B, n - 1, C, H, W) of the flow's error along one axis
    tokens: tuple[Tensor, ...]     # pose tokens before and after the attention


def candidate_losses(predicted: Predicted, observed: Observed, focals: Tensor, *,
                     with_uncertainty: bool = True) -> Tensor:
    """Return the flow loss (2 B, C) of each candidate (C,), 2 fx / W, mean over the pairs.

    Equations 3 to 6. A mean is comparable between clips of 2 and of 8 frames (as in the
    authors' code), where the paper writes a sum.
    """
    induced = candidate_flow(observed.depth, predicted.poses, focals)
    error = flow_error(induced, observed.flow[:, :, None]) / AXES
    visible = observed.visible[:, :, None]
    pairs = laplace_loss(error, predicted.scale, visible) if with_uncertainty \
        else mean_error(error, visible)
    return sequence_loss(pairs) / pairs.shape[1]


def objective(predicted: Predicted, observed: Observed, focals: Tensor,
              options: ObjectiveOptions) -> dict[str, Tensor]:
    """Return the scalar terms by name; 'total' is what is minimised (equation 9).

    Means over pairs and candidates stand for the paper's sums, as in the authors' code.
    """
    # Half precision would round poses to a thousandth.
    with torch.autocast(observed.flow.device.type, enabled=False):
        losses = candidate_losses(predicted, observed, focals,
                                  with_uncertainty=options.with_uncertainty)
        forward, backward = predicted.poses.chunk(2)
        consistency = consistency_loss(forward, backward.flip(1)) / forward.shape[1]
        terms = {
            'flow': losses.mean(), 'consistency': consistency.mean(),
            'focal': focal_loss(predicted.focal_log_probs, losses, options.temperature).mean(),
            'tokens': torch.stack([token_penalty(tokens) for tokens in predicted.tokens]).sum()}
        total = (options.flow_weight * terms['flow']
                 + options.consistency_weight * terms['consistency']
                 + options.focal_weight * terms['focal']
                 + options.token_weight * terms['tokens'])
    return {**terms, 'total': total}
