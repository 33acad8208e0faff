# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence that something moves: flow error over the error that is to be expected."""

from dataclasses import dataclass
import math
from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.geometric.segmentation.depth_expectation import ExpectedDepth
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import EpipolarResidual, Map
from anycam_ros.geometry.compiled import compiled_reordered, inlined

OF_ONE_WAY = 0.5 ** 0.5    # of the error of flow there and back: both ways err alike


@dataclass(frozen=True)
class EvidenceOptions:
    """Choose which flow error is expected."""

    noise_per_flow: float = 0.03       # long flow errs more
    texture_px: float = 6.0            # flow error times image gradient, grey levels
    flat_gradient: float = 0.5         # grey levels per pixel, of noise alone
    maximum_score: float = 20.0        # so that one absurd error does not outweigh its neighbours


class Evidence(NamedTuple):
    """Hold, per pixel of the coarse grid of an image, what speaks for a motion of its own."""

    score: Map    # flow error over the error that is to be expected
    trust: Map    # how sharp that expectation is, summed over frames; 0 where nothing is known


class FlowEvidence(NamedTuple):
    """Hold what the flow of one frame says."""

    evidence: Evidence
    error_px: Map     # (h, w) flow that neither the camera's motion nor a likely depth explains


def flow_evidence(residual: EpipolarResidual, depth: ExpectedDepth, gradient: Map,
                  noise_px: float, options: EvidenceOptions) -> FlowEvidence:
    """Return how badly flow fits the camera's motion; gradient (h, w) in grey levels per px."""
    score, trust, error_px = (np.zeros_like(gradient) for _ in range(3))
    _fill_evidence(residual, depth, gradient, noise_px, options.noise_per_flow,
                   options.texture_px, options.flat_gradient, options.maximum_score,
                   (score, trust, error_px))
    return FlowEvidence(Evidence(score, trust), error_px)


def joined(first: Evidence, second: Evidence) -> Evidence:
    """Return the mean of two scores by trust, and the sum of their trust."""
    trust = first.trust + second.trust
    score = (first.trust * first.score + second.trust * second.score) / (trust + 1e-9)
    return Evidence(np.asarray(score, np.float32), np.asarray(trust, np.float32))


@compiled_reordered
def _fill_evidence(residual: EpipolarResidual, depth: ExpectedDepth, gradient: Map,
                   noise_px: float, noise_per_flow: float, texture_px: float,
                   flat_gradient: float, maximum_score: float,
                   out: tuple[Map, Map, Map]) -> None:
    score, trust, unexplained = out
    rows, columns = gradient.shape
    for i in range(rows):
        for j in range(columns):
            if not residual.is_known[i, j]:
                continue
            expected_px = noise_px * (1 + noise_per_flow * residual.length[i, j]) \
                + OF_ONE_WAY * residual.forward_backward_error[i, j] \
                + texture_px / (gradient[i, j] + flat_gradient)
            left_px = _unexplained(residual.along[i, j], residual.per_depth[i, j],
                                   depth.mean[i, j], depth.std[i, j], expected_px)
            error_px = math.sqrt(residual.across[i, j] ** 2 + left_px * left_px)
            unexplained[i, j] = error_px
            score[i, j] = min(error_px / expected_px, maximum_score)
            trust[i, j] = (noise_px / expected_px) ** 2


@inlined
def _unexplained(along_px: float, per_depth: float, mean: float, std: float,
                 expected_px: float) -> float:
    """Return what no likely depth explains of an error along the epipolar line, px.

    The inverse depth is free with a Gaussian prior, and not below zero: nothing lies beyond
    infinity.
    """
    reach_px = per_depth * std
    explained = along_px * reach_px ** 2 / (reach_px ** 2 + expected_px ** 2)
    explained = max(explained, -per_depth * mean)
    deviation = explained / max(reach_px, 1e-9)
    return math.sqrt((along_px - explained) ** 2 + (deviation * expected_px) ** 2)
