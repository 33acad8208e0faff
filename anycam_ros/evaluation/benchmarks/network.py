# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network over a live stream, step by step, against whole windows as the reference does it."""

from collections.abc import Callable, Iterator
from multiprocessing import get_context
import time
from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.devices import choose_device
from anycam_ros.evaluation.benchmarks.memory import peak_memory_mb
from anycam_ros.evaluation.benchmarks.network_pipeline import (
    benchmark_pipeline,
    FLOWS,
    HEIGHT,
    WIDTH,
)
from anycam_ros.frontend.network.stream_window import StreamFrame, StreamWindow
from anycam_ros.networks.anycam import AnyCam

WINDOW = 8
SIDE_PX = 336
ROUNDS = 3                 # the two take turns, so that both meet the same load
STEPS = 3                  # incremental ones, per round
CANDIDATE = 16             # whose uncertainty is computed; the cost is the same for all
LARGEST_TIME, LARGEST_MEMORY = 1 / 8, 1 / 4     # of whole windows
TITLES = ('s', 's of one core', 'MB of step', 'MB in all')


class Times(NamedTuple):
    """Hold the least times of a step, s."""

    wall_s: float
    cores_s: float    # summed over the cores: other processes do not count


class Memory(NamedTuple):
    """Hold peaks in MB."""

    step: float       # above what holds network and input
    process: float    # everything; the device's memory on CUDA


def benchmark_network(device_name: str = 'auto', flow: str = '') -> Iterator[str]:
    """Yield time and peak memory of the network, and of the whole odometry by it.

    auto takes every device there is; without a flow that of OpenCV and that of the paper.
    """
    gpu = ('cuda',) if torch.cuda.is_available() else ()
    devices = ('cpu', *gpu) if device_name == 'auto' else (device_name,)
    for device in devices:
        yield from benchmark_step(device)
    yield f'the whole odometry by the network, {WIDTH}x{HEIGHT} px, depth measured, random weights'
    for device in devices:
        for kind in (flow,) if flow else FLOWS:
            with get_context('spawn').Pool(1) as pool:
                yield pool.apply(benchmark_pipeline, (device, kind))


def benchmark_step(device_name: str) -> Iterator[str]:
    """Yield time and peak memory per new frame, of whole windows and of the incremental step."""
    device = choose_device(device_name)
    yield (f'one new frame: window of {WINDOW} frames, {SIDE_PX}x{SIDE_PX} px, forward and '
           f'reversed, random weights, {_describe(device)}')
    memory = {run: _peak_memory(run, device_name) for run in RUNS}
    times = _times(device)
    yield f'  {"":<42}' + ''.join(f'{title:>14}' for title in TITLES)
    figures = {run: (*times[run], *memory[run]) for run in RUNS}
    for name, run in (('whole window, uncertainty of 32 candidates', 'whole'),
                      ('one frame, uncertainty of the chosen one', 'incremental')):
        yield f'  {name:<42}' + ''.join(f'{value:>14.2f}' for value in figures[run])
    ratios = [small / large for small, large in zip(figures['incremental'], figures['whole'],
                                                    strict=True)]
    yield f'  {"ratio":<42}' + ''.join(f'{f"1/{1 / ratio:.1f}":>14}' for ratio in ratios)
    yield (f'  wanted: at most 1/{1 / LARGEST_TIME:.0f} of the time '
           f'({_verdict(ratios[0], LARGEST_TIME)}), at most 1/{1 / LARGEST_MEMORY:.0f} of the '
           f'memory ({_verdict(ratios[2], LARGEST_MEMORY)})')


def _verdict(value: float, limit: float) -> str:
    return 'reached' if value <= limit else 'missed'


def _describe(device: torch.device) -> str:
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'CPU, {torch.get_num_threads()} threads'


def _network(device: torch.device) -> AnyCam:
    torch.manual_seed(0)
    return AnyCam().eval().requires_grad_(False).to(device)


def whole_window(network: AnyCam, device: torch.device) -> Callable[[], object]:
    """Return what computes a whole window, forward and reversed.

    With the uncertainty of every candidate and of both kinds, as the reference does it.
    """
    images, flow, depth = (torch.rand(2 * WINDOW, channels, SIDE_PX, SIDE_PX, device=device)
                           for channels in (3, 2, 1))
    branch = network.uncertainty_branch

    @torch.inference_mode()
    def run() -> Tensor:
        code = network.encode(images, flow, depth)
        network.predict(code.token.unflatten(0, (2, WINDOW)))
        return branch.head.activate(branch(code.patches), (SIDE_PX, SIDE_PX), slice(None))
    return run


def incremental(network: AnyCam, device: torch.device) -> Callable[[], object]:
    """Return what takes one new frame into a full window, with the uncertainty of one."""
    window = StreamWindow(network, WINDOW)
    images, forward, backward, depth = (
        torch.rand(channels, SIDE_PX, SIDE_PX, device=device) for channels in (3, 2, 2, 1))

    def run() -> Tensor:
        estimate = window.push(StreamFrame(images, depth, forward, backward))
        return images if estimate is None else estimate.uncertainty(CANDIDATE)
    for _ in range(WINDOW):
        run()
    return run


RUNS = {'whole': whole_window, 'incremental': incremental}


def _times(device: torch.device) -> dict[str, Times]:
    """Return the least times of a step, in turns: what other processes take away varies."""
    network = _network(device)
    runs = {name: make(network, device) for name, make in RUNS.items()}
    times: dict[str, list[Times]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            for _ in range(STEPS if name == 'incremental' else 1):
                times[name].append(_timed(run, device))
    return {name: Times(*map(min, zip(*taken, strict=True))) for name, taken in times.items()}


def _timed(run: Callable[[], object], device: torch.device) -> Times:
    wall_s, cores_s = time.perf_counter(), time.process_time()
    run()
    if device.type == 'cuda':
        torch.cuda.synchronize()
    return Times(time.perf_counter() - wall_s, time.process_time() - cores_s)


def _peak_memory(run: str, device_name: str) -> Memory:
    """Return the peaks of steps in a process of their own."""
    with get_context('spawn').Pool(1) as pool:
        return pool.apply(measure_memory, (run, device_name))


def measure_memory(run: str, device_name: str) -> Memory:
    """Return the peaks of steps in this process, which must have done nothing else."""
    device = choose_device(device_name)
    network = _network(device)
    before = peak_memory_mb(device)
    step = RUNS[run](network, device)
    step()
    peak = peak_memory_mb(device)
    return Memory(peak - before, peak)
