# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of the network compares does the same work."""

import re
import sys

import pytest
from small_network import make_small_network, SMALL
import torch

from anycam_ros.evaluation.benchmarks import network as benchmark
from anycam_ros.evaluation.benchmarks import network_pipeline

pytestmark = pytest.mark.slow


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


def test_the_whole_odometry_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_pipeline, 'FILL', 1)
    monkeypatch.setattr(network_pipeline, 'FRAMES', {'cpu': 2})
    line = network_pipeline.benchmark_pipeline('cpu', 'dis')
    assert line.startswith('  flow dis, cpu: ')
    figures = re.search(r'([\d.]+) frames per second, latency p50 (\d+) ms, p95 (\d+) ms over '
                        r'2 frames, peak memory (\d+) MB', line)
    assert figures is not None
    rate, middle, late, memory = map(float, figures.groups())
    assert 0 < middle <= late
    assert 1e3 / late <= rate + 0.01
    assert memory > 100


def test_a_flow_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'ptlflow', None)
    line = network_pipeline.benchmark_pipeline('cpu', 'ptlflow:unimatch_sc2_ref6')
    assert 'left out' in line
    assert 'pip install ptlflow' in line


def test_slow_frames_are_timed_as_long_as_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def process(self, frame: object) -> None:
            del frame
    monkeypatch.setattr(network_pipeline, 'LONGEST_S', 0.0)
    frames = network_pipeline._frames()
    assert len(network_pipeline._times_ms(Slow(), frames, 9)) == network_pipeline.LEAST_FRAMES
