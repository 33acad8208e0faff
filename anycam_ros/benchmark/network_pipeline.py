# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The whole odometry by the network, frame by frame: rate, latency, memory."""

from pathlib import Path
from tempfile import TemporaryDirectory
import time

import numpy as np
import torch

from anycam_ros.benchmark.memory import peak_memory_mb
from anycam_ros.motion.anycam import AnyCam, save_checkpoint
from anycam_ros.odometry import Frame, OdometryConfig, VisualOdometry
from anycam_ros.offline.rendered_scene import RenderedScene
from anycam_ros.torch_device import choose_device

WIDTH, HEIGHT = 640, 480
FRAMES = {'cpu': 20, 'cuda': 300}    # that are timed
FILL = 10                            # that fill the window, and compile, before


def benchmark_pipeline(device_name: str, flow: str) -> str:
    """Return frames per second, latency and peak memory on a rendered clip with its depth.

    The memory is that of this process, which must have done nothing else.
    """
    device = choose_device(device_name)
    with TemporaryDirectory() as folder:
        weights = Path(folder) / 'random.safetensors'
        torch.manual_seed(0)
        save_checkpoint(AnyCam(), weights)
        odometry = VisualOdometry(OdometryConfig(
            motion='network', weights=str(weights), depth='topic', flow=flow,
            device=device_name))
    scene, times_ms = RenderedScene(WIDTH, HEIGHT), []
    for index in range(FILL + FRAMES[device.type]):
        rendered = scene.frame(index % len(scene))
        frame = Frame(index / scene.rate_hz, rendered.image_rgb, rendered.depth_m)
        begun_s = time.perf_counter()
        odometry.process(frame)
        times_ms.append(1e3 * (time.perf_counter() - begun_s))
    timed = np.array(times_ms[FILL:])
    return (f'  {WIDTH}x{HEIGHT} px, depth measured, flow {flow}: {1e3 / timed.mean():.2f} frames '
            f'per second, latency p50 {np.median(timed):.0f} ms, p95 '
            f'{np.percentile(timed, 95):.0f} ms, peak memory {peak_memory_mb(device):.0f} MB')
