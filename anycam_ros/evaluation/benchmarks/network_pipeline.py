# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The whole odometry by the network, frame by frame: rate, latency, memory."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
import time

import numpy as np
import torch

from anycam_ros.devices import choose_device
from anycam_ros.errors import DependencyError, WeightsError
from anycam_ros.evaluation.benchmarks.memory import peak_memory_mb
from anycam_ros.flow.registry import PAPER_MODEL, PREFIX
from anycam_ros.networks.anycam import AnyCam
from anycam_ros.networks.anycam.checkpoint.official_names import (
    OFFICIAL_PREFIX,
    with_official_names,
)
from anycam_ros.odometry import Frame, OdometryConfig, VisualOdometry
from anycam_ros.optional_package import needed_for
from anycam_ros.simulation.rendered_scene import RenderedScene

FLOWS = ('dis', f'ptlflow:{PAPER_MODEL}')
WIDTH, HEIGHT = 640, 480
FRAMES = {'cpu': 20, 'cuda': 300}    # that are timed
FILL = 10                            # that fill the window, and compile, before
LONGEST_S = 60.0                     # of either, where frames are slow
LEAST_FRAMES = 3


def benchmark_pipeline(device_name: str, flow: str) -> str:
    """Return frames per second, latency and peak memory on a rendered clip with its depth.

    All weights are random. The memory is that of this process, which must have done nothing else.
    """
    device = choose_device(device_name)
    title = f'  flow {flow}, {device}: '
    with TemporaryDirectory() as folder:
        try:
            odometry = VisualOdometry(OdometryConfig(
                motion='network', weights=str(_random_weights(Path(folder), flow)),
                depth='topic', flow=flow, device=device_name))
        except (DependencyError, WeightsError) as error:
            return f'{title}left out: {error}'
    frames = _frames()
    _times_ms(odometry, frames, FILL)
    timed = np.array(_times_ms(odometry, frames, FRAMES[device.type]))
    return (f'{title}{1e3 / timed.mean():.2f} frames per second, latency p50 '
            f'{np.median(timed):.0f} ms, p95 {np.percentile(timed, 95):.0f} ms over '
            f'{len(timed)} frames, peak memory {peak_memory_mb(device):.0f} MB')


def _random_weights(folder: Path, flow: str) -> Path:
    """Write a file of the official layout, with the paper's flow network where it is asked for."""
    torch.manual_seed(0)
    network, file = AnyCam(), folder / 'random.pt'
    weights = {OFFICIAL_PREFIX + name: value for name, value in with_official_names(
        network.state_dict(), network.config).items()}
    if flow == f'ptlflow:{PAPER_MODEL}':
        with needed_for(f"flow '{flow}'", 'pip install ptlflow', 'Apache-2.0'):
            import ptlflow
        weights |= {PREFIX + name: value
                    for name, value in ptlflow.get_model(PAPER_MODEL).state_dict().items()}
    torch.save({'model': weights}, file)
    return file


def _frames() -> Iterator[Frame]:
    """Yield a rendered clip with its depth, again and again."""
    scene, index = RenderedScene(WIDTH, HEIGHT), 0
    while True:
        rendered = scene.frame(index % len(scene))
        yield Frame(index / scene.rate_hz, rendered.image_rgb, rendered.depth_m)
        index += 1


def _times_ms(odometry: VisualOdometry, frames: Iterator[Frame], count: int) -> list[float]:
    """Return how long frames take, at most count of them."""
    times_ms: list[float] = []
    while len(times_ms) < count and (
            len(times_ms) < LEAST_FRAMES or sum(times_ms) < 1e3 * LONGEST_S):
        frame = next(frames)
        begun_s = time.perf_counter()
        odometry.process(frame)
        times_ms.append(1e3 * (time.perf_counter() - begun_s))
    return times_ms
