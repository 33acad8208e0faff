# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The gradients of the losses are those of their values, and go where they should."""

from collections.abc import Callable

import pytest
from rigid_clip import FOCALS, make_rigid_clip
import torch
from torch import Tensor

from anycam_ros.networks.anycam.heads import rigid_motion
from anycam_ros.training.losses.candidate_flow import candidate_flow
from anycam_ros.training.losses.consistency import consistency_loss
from anycam_ros.training.losses.flow import flow_error, laplace_loss, mean_error, sequence_loss
from anycam_ros.training.losses.focal import focal_loss
from anycam_ros.training.losses.objective import objective, ObjectiveOptions, Predicted
from anycam_ros.training.losses.pose_tokens import token_penalty


def random(*shape: int, seed: int = 0, requires_grad: bool = True) -> Tensor:
    values = torch.rand(*shape, generator=torch.Generator().manual_seed(seed),
                        dtype=torch.float64)
    return values.requires_grad_(requires_grad)


VISIBLE = (random(1, 2, 1, 3, 4, seed=9, requires_grad=False) > 0.3).double()
CASES: dict[str, tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = {
    'candidate_flow': (
        lambda depth, vectors: candidate_flow(1 + depth, rigid_motion(0.1 * vectors), FOCALS),
        (random(1, 2, 1, 3, 4), random(1, 2, 4, 6, seed=1))),
    'flow_error': (flow_error, (random(2, 3, 4), random(2, 3, 4, seed=1))),
    'laplace_loss': (
        lambda error, scale: laplace_loss(error, 0.1 + scale, VISIBLE),
        (random(1, 2, 4, 3, 4), random(1, 2, 4, 3, 4, seed=1))),
    'mean_error': (lambda error: mean_error(error, VISIBLE), (random(1, 2, 4, 3, 4),)),
    'sequence_loss': (sequence_loss, (random(2, 3, 4),)),
    'consistency_loss': (
        lambda forward, backward: consistency_loss(rigid_motion(forward), rigid_motion(backward)),
        (random(1, 2, 4, 6), random(1, 2, 4, 6, seed=1))),
    'focal_loss': (
        lambda logits: focal_loss(logits.log_softmax(1), random(2, 4, requires_grad=False), 5.0),
        (random(2, 4, seed=1),)),
    'token_penalty': (token_penalty, (torch.tensor([-3.0, 0.5, 1.5, 2.0], dtype=torch.float64,
                                                   requires_grad=True),)),
}


@pytest.mark.parametrize('name', CASES)
def test_gradient_is_that_of_finite_differences(name: str) -> None:
    function, inputs = CASES[name]
    assert torch.autograd.gradcheck(function, inputs)


@pytest.mark.parametrize('with_uncertainty', [True, False])
def test_gradient_of_the_whole_objective(with_uncertainty: bool) -> None:
    observed = make_rigid_clip(height=3, width=4).observed

    def total(vectors: Tensor, logits: Tensor, scale: Tensor, tokens: Tensor) -> Tensor:
        predicted = Predicted(rigid_motion(0.1 * vectors), logits.log_softmax(1), 0.1 + scale,
                              (3 * tokens, tokens))
        # The label takes no gradient, so that finite differences see more than there is.
        options = ObjectiveOptions(focal_weight=0.0, with_uncertainty=with_uncertainty)
        return objective(predicted, observed, FOCALS, options)['total']
    inputs = (random(2, 2, 4, 6), random(2, 4, seed=1), random(2, 2, 4, 3, 4, seed=2),
              random(2, 3, 8, seed=3))
    assert torch.autograd.gradcheck(total, inputs)


def test_focal_loss_teaches_the_likelihood_alone() -> None:
    observed = make_rigid_clip(height=3, width=4).observed
    vectors, logits, scale = random(2, 2, 4, 6), random(2, 4, seed=1), random(2, 2, 4, 3, 4)
    predicted = Predicted(rigid_motion(0.1 * vectors), logits.log_softmax(1), 0.1 + scale,
                          (random(2, 3, 8),))
    focal = objective(predicted, observed, FOCALS, ObjectiveOptions())['focal']
    to_poses, to_scale, to_logits = torch.autograd.grad(focal, (vectors, scale, logits),
                                                        allow_unused=True)
    assert to_poses is None
    assert to_scale is None
    assert float(to_logits.abs().max()) > 1e-3


def test_candidates_do_not_teach_each_other() -> None:
    observed = make_rigid_clip(height=3, width=4).observed
    vectors, scale = random(2, 2, 4, 6), random(2, 2, 4, 3, 4)
    predicted = Predicted(rigid_motion(0.1 * vectors), torch.zeros(2, 4, dtype=torch.float64),
                          0.1 + scale, (random(2, 3, 8),))
    far = vectors.detach().clone()
    far[:, :, 1:] *= 2
    changed = predicted._replace(poses=rigid_motion(0.1 * torch.cat(
        [vectors[:, :, :1], far[:, :, 1:]], dim=2)))
    totals = [objective(case, observed, FOCALS, ObjectiveOptions())['total']
              for case in (predicted, changed)]
    gradients = [torch.autograd.grad(total, vectors)[0][:, :, 0] for total in totals]
    torch.testing.assert_close(*gradients)
