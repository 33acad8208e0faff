# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the motion weights are asked for."""

import torch
from torch import Tensor
from torch.nn import functional

from anycam_ros.geometry.focal_candidates import focal_candidates

NARROWEST, WIDEST = -3.0, 7.0     # logarithm of the scale, over the noise of the flow
FOCAL_STD = 0.08                  # of log focal, about the distance of two candidates


def mask_loss(logit: Tensor, moving: Tensor, weight: Tensor) -> Tensor:
    """Return the cross entropy of the probability that a pixel (B, T, h, w) moves."""
    each = functional.binary_cross_entropy_with_logits(logit, moving, reduction='none')
    return (weight * each).sum() / weight.sum().clamp(min=1)


def overlap_loss(logit: Tensor, moving: Tensor, weight: Tensor) -> Tensor:
    """Return one minus the soft overlap (Dice) of the images in which something moves."""
    found, true = weight * logit.sigmoid(), weight * moving
    shared = (found * true).sum(dim=(-2, -1))
    both = (found + true).sum(dim=(-2, -1))
    counts = (true.sum(dim=(-2, -1)) > 0.002 * logit.shape[-1] * logit.shape[-2]).float()
    dice = (2 * shared + 1) / (both + 1)
    return (counts * (1 - dice)).sum() / counts.sum().clamp(min=1)


def scale_loss(log_scale: Tensor, error: Tensor, known: Tensor) -> Tensor:
    """Return the negative log-likelihood of flow errors (B, T, h, w) in a Laplace distribution.

    The error is what the motion of the camera leaves unexplained: no truth is needed (paper,
    section 3.3, the uncertainty-aware flow loss).
    """
    bounded = log_scale.clamp(NARROWEST, WIDEST)
    each = bounded + error * torch.exp(-bounded)
    return (known * each).sum() / known.sum().clamp(min=1)


def focal_loss(log_likelihood: Tensor, focal: Tensor) -> Tensor:
    """Return the divergence of the candidates (B, T, 32) from the true focal length (B,).

    focal is in image heights.
    """
    candidates = torch.as_tensor(focal_candidates(), device=focal.device).log().float()
    apart = (candidates - focal.log()[:, None]) / FOCAL_STD
    true = torch.softmax(-0.5 * apart.square(), dim=1)[:, None]
    return (true * (true.clamp(min=1e-9).log() - log_likelihood)).sum(dim=-1).mean()
