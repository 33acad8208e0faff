# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of the network compares does the same work."""

import pytest
from small_network import make_small_network, SMALL
import torch

from anycam_ros.benchmark import network as benchmark


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, 'SIDE_PX', 140)
    monkeypatch.setattr(benchmark, 'CANDIDATE', 2)
    monkeypatch.setattr(benchmark, '_network', lambda _: make_small_network())


def test_whole_window_and_step_give_maps_of_the_full_size() -> None:
    device = torch.device('cpu')
    whole = benchmark.whole_window(make_small_network(), device)()
    assert whole.shape == (2 * benchmark.WINDOW, 2 * SMALL.candidates, 140, 140)
    assert benchmark.incremental(make_small_network(), device)().shape == (140, 140)


def test_the_step_takes_less_work_than_the_window() -> None:
    times = benchmark._times(torch.device('cpu'))
    assert 0 < times['incremental'].cores_s < times['whole'].cores_s / 2
