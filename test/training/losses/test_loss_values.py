# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The losses are the equations of the paper, written out in numpy."""

import math

import numpy as np
from numpy.typing import NDArray
import pytest
from rigid_clip import FOCALS, for_all_candidates, make_rigid_clip
import torch

from anycam_ros.networks.anycam.heads import rigid_motion
from anycam_ros.training.losses.candidate_flow import candidate_flow
from anycam_ros.training.losses.consistency import consistency_loss
from anycam_ros.training.losses.flow import (
    flow_error,
    laplace_loss,
    mean_error,
    sequence_loss,
    SMALLEST_SCALE,
)
from anycam_ros.training.losses.focal import focal_loss
from anycam_ros.training.losses.objective import (
    candidate_losses,
    objective,
    ObjectiveOptions,
    Predicted,
)
from anycam_ros.training.losses.pose_tokens import dropped_tokens, token_penalty
from anycam_ros.training.losses.visibility import visible_pixels

Array = NDArray[np.float64]


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def equation_3(depth: Array, pose: Array, focal: float) -> Array:
    """Return the flow (2, H, W) of one pair, pixel by pixel, where the image spans [-1, 1]."""
    height, width = depth.shape
    K = np.array([[focal, 0, 0], [0, focal * width / height, 0], [0, 0, 1.0]])
    flow = np.empty((2, height, width))
    for row in range(height):
        for column in range(width):
            p = np.array([(2 * column + 1) / width - 1, (2 * row + 1) / height - 1, 1.0])
            point = pose[:3, :3] @ (depth[row, column] * np.linalg.inv(K) @ p) + pose[:3, 3]
            seen = K @ point
            flow[:, row, column] = seen[:2] / seen[2] - p[:2]
    return flow


def test_induced_flow_is_equation_3() -> None:
    clip = make_rigid_clip()
    poses = rigid_motion(0.05 * random(2, 2, 4, 6, seed=3))
    flow = candidate_flow(clip.observed.depth, poses, FOCALS).numpy()
    for row, pair, candidate in np.ndindex(2, 2, 4):
        expected = equation_3(clip.observed.depth[row, pair, 0].numpy(),
                              poses[row, pair, candidate].numpy(), float(FOCALS[candidate]))
        np.testing.assert_allclose(flow[row, pair, candidate], expected, atol=1e-12)


def test_what_comes_behind_the_camera_has_a_finite_flow() -> None:
    poses = rigid_motion(torch.tensor([0.0, 0.0, -3.0, 0.0, 0.0, 0.0])).expand(1, 1, 4, 4, 4) \
        .clone().requires_grad_()
    flow = candidate_flow(torch.ones(1, 1, 1, 6, 6), poses, FOCALS.float())
    flow.sum().backward()
    assert flow.abs().max() == 1.0
    assert poses.grad is not None
    assert bool(torch.isfinite(poses.grad).all())


def test_flow_loss_is_equations_4_to_6() -> None:
    induced, flow, sigma = random(2, 3, 4, 2, 5, 6), random(2, 3, 1, 2, 5, 6, seed=1), \
        0.1 + random(2, 3, 4, 5, 6, seed=2)
    visible = (random(2, 3, 1, 5, 6, seed=3) > 0.3).double()
    l1 = np.abs(induced.numpy()[..., 0, :, :] - flow.numpy()[..., 0, :, :]) \
        + np.abs(induced.numpy()[..., 1, :, :] - flow.numpy()[..., 1, :, :])
    error = flow_error(induced, flow)
    np.testing.assert_allclose(error, l1)
    s = sigma.numpy() + SMALLEST_SCALE
    likelihood = 1 / (math.sqrt(2) * s) * np.exp(-math.sqrt(2) * l1 / s)
    pairs = -(np.log(likelihood) * visible.numpy()).sum(axis=(-2, -1)) / 30
    np.testing.assert_allclose(laplace_loss(error, sigma, visible), pairs)
    np.testing.assert_allclose(mean_error(error, visible),
                               (l1 * visible.numpy()).sum(axis=(-2, -1)) / 30)
    np.testing.assert_allclose(sequence_loss(laplace_loss(error, sigma, visible)),
                               pairs[:, 0] + pairs[:, 1] + pairs[:, 2])


def test_consistency_is_equation_7() -> None:
    forward, backward = (rigid_motion(0.3 * random(2, 3, 4, 6, seed=seed)) for seed in (0, 1))
    expected = np.zeros((2, 4))
    for clip, pair, candidate in np.ndindex(2, 3, 4):
        there_and_back = forward[clip, pair, candidate].numpy() \
            @ backward[clip, pair, candidate].numpy()
        expected[clip, candidate] += np.abs(there_and_back - np.eye(4)).sum()
    np.testing.assert_allclose(consistency_loss(forward, backward), expected)


def test_focal_loss_is_equation_8() -> None:
    losses = random(2, 5)
    log_probs = random(2, 5, seed=1).log_softmax(dim=1)
    for clip in range(2):
        label = np.exp(-7.0 * losses[clip].numpy())
        label /= label.sum()
        expected = (label * (np.log(label) - log_probs[clip].numpy())).sum()
        assert float(focal_loss(log_probs, losses, 7.0)[clip]) == pytest.approx(expected)


def test_objective_is_equation_9_with_means() -> None:
    clip = make_rigid_clip()
    predicted = Predicted(rigid_motion(0.05 * random(2, 2, 4, 6)), random(2, 4).log_softmax(1),
                          0.1 + random(2, 2, 4, 12, 20), (3 * random(2, 3, 8), random(2, 3, 8)))
    options = ObjectiveOptions(2.0, 3.0, 5.0, 7.0, 11.0)
    terms = objective(predicted, clip.observed, FOCALS, options)
    losses = np.empty((2, 2, 4))
    for row, pair, candidate in np.ndindex(2, 2, 4):
        induced = equation_3(clip.observed.depth[row, pair, 0].numpy(),
                             predicted.poses[row, pair, candidate].numpy(),
                             float(FOCALS[candidate]))
        error = np.abs(induced - clip.observed.flow[row, pair].numpy()).sum(axis=0) / 2
        s = predicted.scale[row, pair, candidate].numpy() + SMALLEST_SCALE
        losses[row, pair, candidate] = (np.log(math.sqrt(2) * s) + math.sqrt(2) * error / s).mean()
    assert float(terms['flow']) == pytest.approx(losses.mean())
    back = predicted.poses[1].flip(0).numpy()
    assert float(terms['consistency']) == pytest.approx(
        np.abs(predicted.poses[0].numpy() @ back - np.eye(4)).sum(axis=(-2, -1)).mean())
    np.testing.assert_allclose(candidate_losses(predicted, clip.observed, FOCALS),
                               losses.mean(axis=1))
    assert float(terms['focal']) == pytest.approx(float(focal_loss(
        predicted.focal_log_probs, torch.tensor(losses.mean(axis=1)), 11.0).mean()))
    large = np.maximum(predicted.tokens[0].numpy() - 1, 0)
    assert float(terms['tokens']) == pytest.approx((large ** 2).mean())
    weights = {'flow': 2.0, 'consistency': 3.0, 'focal': 5.0, 'tokens': 7.0}
    assert float(terms['total']) == pytest.approx(
        sum(weight * float(terms[name]) for name, weight in weights.items()))


def test_without_uncertainty_the_plain_error_counts() -> None:
    clip = make_rigid_clip()
    predicted = Predicted(for_all_candidates(clip.poses), random(2, 4).log_softmax(1),
                          0.1 + random(2, 2, 4, 12, 20), (random(2, 3, 8),))
    losses = candidate_losses(predicted, clip.observed, FOCALS, with_uncertainty=False)
    assert float(losses[:, 2].abs().max()) < 1e-12
    assert float(losses[:, 0].min()) > 1e-3


def test_tokens_are_dropped_and_the_others_rescaled() -> None:
    torch.manual_seed(0)
    tokens = dropped_tokens(torch.ones(1000, 8), 0.25)
    assert tokens.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert float((tokens == 0).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(token_penalty(torch.tensor([-3.0, 0.5, 1.5]))) == pytest.approx((4 + 0.25) / 3)


def test_pixels_that_nothing_leads_back_to_are_not_visible() -> None:
    back = torch.zeros(2, 2, 4, 6)
    back[0, 0] = 2.0           # the other frame shows what lies two columns to the right here
    back[1, 1, :, 2] = -9.0    # one column of it came from beyond the upper edge
    visible = visible_pixels(back)
    assert visible[0].tolist() == [[0, 0, 1, 1, 1, 1]] * 4
    assert visible[1].tolist() == [[1] * 6] + [[1, 1, 0, 1, 1, 1]] * 3
