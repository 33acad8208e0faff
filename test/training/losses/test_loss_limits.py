# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The losses lead where they should: to the true motion, scale and focal length."""

import math

import pytest
from rigid_clip import FOCALS, for_all_candidates, make_rigid_clip, RigidClip, TRUE
import torch
from torch import Tensor

from anycam_ros.networks.anycam.heads import rigid_motion
from anycam_ros.training.losses.candidate_flow import candidate_flow
from anycam_ros.training.losses.consistency import consistency_loss
from anycam_ros.training.losses.flow import flow_error, laplace_loss
from anycam_ros.training.losses.focal import focal_loss
from anycam_ros.training.losses.objective import candidate_losses, Predicted


@pytest.fixture(scope='module')
def clip() -> RigidClip:
    return make_rigid_clip()


def losses_of(clip: RigidClip, poses: Tensor, scale: float = 0.02) -> Tensor:
    shape = (*poses.shape[:3], *clip.observed.visible.shape[2:])
    predicted = Predicted(poses, torch.zeros(2, len(FOCALS)),
                          torch.full(shape, scale, dtype=torch.float64), ())
    return candidate_losses(predicted, clip.observed, FOCALS)


def test_the_true_motion_has_the_least_loss(clip: RigidClip) -> None:
    least = losses_of(clip, for_all_candidates(clip.poses))[:, TRUE]
    for axis in range(6):
        for step in (-0.01, -0.001, 0.001, 0.01):
            vector = torch.zeros(6, dtype=torch.float64)
            vector[axis] = step
            loss = losses_of(clip, for_all_candidates(rigid_motion(vector) @ clip.poses))[:, TRUE]
            assert bool((loss > least).all())


def test_descent_finds_the_true_motion(clip: RigidClip) -> None:
    found = descend(clip)
    torch.testing.assert_close(found[:, :, TRUE], clip.poses, atol=3e-4, rtol=0)


def descend(clip: RigidClip) -> Tensor:
    """Return the motion (2, n - 1, C, 4, 4) with the least loss for each candidate."""
    vectors = torch.zeros(2, clip.poses.shape[1], len(FOCALS), 6, dtype=torch.float64,
                          requires_grad=True)
    optimizer = torch.optim.Adam([vectors], lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
    for _ in range(400):
        optimizer.zero_grad()
        losses_of(clip, rigid_motion(vectors + 1e-9)).sum().backward()
        optimizer.step()
        schedule.step()
    return rigid_motion(vectors.detach())


def test_a_wrong_focal_length_has_a_higher_loss_and_a_lower_likelihood(clip: RigidClip) -> None:
    losses = losses_of(clip, descend(clip))
    others = [candidate for candidate in range(len(FOCALS)) if candidate != TRUE]
    assert bool((losses[:, others].amin(dim=1) > losses[:, TRUE] + 1e-3).all())
    logits = torch.zeros(2, len(FOCALS), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        focal_loss(logits.log_softmax(1), losses, 100.0).sum().backward()
        optimizer.step()
    assert logits.argmax(dim=1).tolist() == [TRUE, TRUE]
    torch.testing.assert_close(logits.detach().softmax(1), (-100 * losses).softmax(1), atol=0.02,
                               rtol=0)


def test_moving_pixels_get_a_large_scale(clip: RigidClip) -> None:
    flow = clip.observed.flow.clone()
    flow[..., 3:7, 4:9] += 0.1           # something moves there on its own, by a tenth
    flow[..., 0, :, :] += 0.002          # and flow errs a little everywhere
    error = flow_error(candidate_flow(clip.observed.depth, clip.poses[:, :, None],
                                      FOCALS[TRUE:TRUE + 1])[:, :, 0], flow) / 2
    logarithm = torch.full_like(error, -3.0, requires_grad=True)
    optimizer = torch.optim.Adam([logarithm], lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        laplace_loss(error, logarithm.exp(), clip.observed.visible).sum().backward()
        optimizer.step()
    scale = logarithm.detach().exp()
    moving = torch.zeros_like(scale, dtype=torch.bool)
    moving[..., 3:7, 4:9] = True
    assert float(scale[moving].min()) > 20 * float(scale[~moving].max())
    # Where the likelihood is greatest, the scale is the square root of 2 times the error.
    torch.testing.assert_close(scale, math.sqrt(2) * error, atol=2e-4, rtol=0.02)


def test_what_moves_pulls_less_where_its_scale_is_large(clip: RigidClip) -> None:
    flow = clip.observed.flow.clone()
    flow[..., 3:7, 4:9] += 0.1
    scale = torch.full_like(flow[:, :, 0], 0.005)
    vectors = torch.zeros(2, 2, 1, 6, dtype=torch.float64, requires_grad=True)
    pulls = []
    for large in (0.005, 0.14):
        scale[..., 3:7, 4:9] = large
        induced = candidate_flow(clip.observed.depth, rigid_motion(vectors + 1e-9)
                                 @ clip.poses[:, :, None], FOCALS[TRUE:TRUE + 1])
        error = flow_error(induced, flow[:, :, None])[..., 3:7, 4:9]
        loss = laplace_loss(error, scale[:, :, None, 3:7, 4:9], torch.ones(1)).sum()
        pulls.append(torch.autograd.grad(loss, vectors)[0].norm())
    assert float(pulls[1]) < float(pulls[0]) / 20


def test_a_pair_of_inverse_motions_is_consistent(clip: RigidClip) -> None:
    poses = for_all_candidates(clip.poses)
    assert float(consistency_loss(poses[:1], poses[1:].flip(1)).max()) < 1e-12
    assert float(consistency_loss(poses[:1], poses[:1]).min()) > 0.05
