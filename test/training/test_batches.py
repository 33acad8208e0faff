# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which samples a step has, what its learning rate is, what is averaged."""

from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is not installed')

from regression_task import config_with, Sums  # noqa: E402

from anycam_ros.errors import ConfigError  # noqa: E402
from anycam_ros.training.batches import load_batches, StepBatches  # noqa: E402
from anycam_ros.training.distributed import Group  # noqa: E402
from anycam_ros.training.ema import AveragedNetwork  # noqa: E402
from anycam_ros.training.schedule import learning_rate  # noqa: E402

ALONE = Group(0, 1, torch.device('cpu'))


def indices(samples: int, seed: int = 0, first: int = 0) -> list[list[int]]:
    return list(StepBatches(samples, config_with(Path(), seed=seed), ALONE, first))


def test_every_epoch_has_each_sample_once_in_another_order() -> None:
    drawn = list(chain(*indices(60)))
    epochs = [drawn[start:start + 60] for start in range(0, 240, 60)]
    assert all(Counter(epoch) == Counter(range(60)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert indices(60, seed=1) != indices(60)


class Halves(Sums):
    """Come first half by half, in their own order."""

    epoch_samples = 25

    def epoch_order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        return np.arange(25) + 25 * (epoch % 2) + 50 * seed


def test_samples_may_have_an_order_of_their_own() -> None:
    batches = StepBatches(Halves(100), config_with(Path(), seed=1), ALONE, 0)
    drawn = list(chain(*batches))
    assert drawn[:100] == [*range(50, 100)] * 2


def test_a_later_start_gives_the_same_batches() -> None:
    assert indices(50, first=17) == indices(50)[17:]


def test_fewer_samples_than_a_batch_are_repeated() -> None:
    assert Counter(chain(*indices(4))) == dict.fromkeys(range(4), 60)


@pytest.mark.parametrize('workers', [0, 2])
def test_batches_hold_the_samples_and_leave_the_random_numbers_alone(workers: int) -> None:
    config = config_with(Path(), workers=workers, steps=12)
    state = torch.random.get_rng_state()
    batches = list(load_batches(Sums(50), config, ALONE, 3))
    assert torch.equal(torch.random.get_rng_state(), state)
    expected = list(StepBatches(50, config, ALONE, 3))
    assert len(batches) == len(expected) == 9
    for batch, chosen in zip(batches, expected, strict=True):
        assert torch.equal(batch['values'],
                           torch.stack([Sums(50)[index]['values'] for index in chosen]))


def test_no_samples_are_refused() -> None:
    with pytest.raises(ConfigError, match="task 'regression' has no samples to train on"):
        next(load_batches(Sums(0), config_with(Path()), ALONE, 0))


def test_the_learning_rate_rises_and_decays_to_nothing() -> None:
    config = config_with(Path(), steps=105, warmup_steps=5, learning_rate=0.2)
    rates = [learning_rate(config, step) for step in range(106)]
    assert rates[:6] == pytest.approx([0.04, 0.08, 0.12, 0.16, 0.2, 0.2])
    assert rates[55] == pytest.approx(0.1)      # the middle of the cosine
    assert rates[105] == pytest.approx(0.0)
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_the_average_follows_the_weights_slower_and_slower() -> None:
    network = torch.nn.BatchNorm1d(1)
    averaged = AveragedNetwork(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.running_mean.fill_(10.0)
        network.num_batches_tracked.fill_(7)
    averaged.update(network, 0)
    state = averaged.network.state_dict()
    assert float(state['weight']) == pytest.approx(1 + 0.9 * 2)     # 1 / 10 of the first is kept
    assert float(state['running_mean']) == pytest.approx(9.0)
    assert int(state['num_batches_tracked']) == 7
    averaged.update(network, 1000)
    assert float(state['weight']) == pytest.approx((2.8 + 3) / 2)
    assert network.weight.item() == 3
    assert not averaged.network.training
