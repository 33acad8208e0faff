# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Half precision, and what happens where the device's memory is too small."""

import logging

import pytest
from small_network import make_small_network, random_window
import torch

from anycam_ros.errors import ConfigError
from anycam_ros.frontend.network.runtime import NetworkRuntime, WindowSize
from anycam_ros.frontend.network.stream_window import StreamFrame, StreamWindow
from anycam_ros.networks.anycam import AnyCam, average_directions

CPU = torch.device('cpu')


def frames(count: int) -> list[StreamFrame]:
    forward, backward = (random_window(1, count, 42, 42, seed) for seed in (1, 2))
    images, depth = forward['images'][0], forward['depth'][0]
    flows = zip(forward['flow'][0], backward['flow'][0], strict=True)
    pairs = [(None, None), *flows][:count]
    return [StreamFrame(image, metres, *pair)
            for image, metres, pair in zip(images, depth, pairs, strict=True)]


def test_half_precision_runs_through_and_is_close(network: AnyCam) -> None:
    window, exact = StreamWindow(network, 3), StreamWindow(network, 3)
    for frame in frames(5):
        # The type that processors have stands in for that of GPUs.
        with torch.autocast('cpu', torch.bfloat16):
            found = window.push(frame)
        expected = exact.push(frame)
        if found is None or expected is None:
            continue
        assert found.relative_poses.dtype == found.focal_log_probs.dtype == torch.float32
        torch.testing.assert_close(found.relative_poses, expected.relative_poses, atol=0.02,
                                   rtol=0)
        assert not torch.equal(found.relative_poses, expected.relative_poses)
        with torch.autocast('cpu', torch.bfloat16):
            uncertainty = found.uncertainty(1)
        assert uncertainty.dtype == torch.float32
        torch.testing.assert_close(uncertainty, expected.uncertainty(1), atol=0.05, rtol=0.05)


def test_both_directions_are_averaged_in_full_precision(network: AnyCam) -> None:
    with torch.inference_mode():
        poses = network(**random_window(2, 3, 42, 42)).poses
    expected = average_directions(*poses)
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(average_directions(*poses), expected)


def short_of_memory(network: AnyCam, monkeypatch: pytest.MonkeyPatch, most_frames: int) -> None:
    encode = network.encode

    def limited(images: torch.Tensor, *rest: torch.Tensor, **options: bool) -> object:
        if len(images) > most_frames:
            raise torch.cuda.OutOfMemoryError('2 GiB are missing')
        return encode(images, *rest, **options)
    monkeypatch.setattr(network, 'encode', limited)


def test_the_window_shrinks_where_memory_is_short(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    network = make_small_network()
    short_of_memory(network, monkeypatch, most_frames=1)
    runtime = NetworkRuntime(network, CPU, WindowSize(4, both_directions=True))
    first, second, third = frames(3)
    assert runtime.push(first) is None
    with caplog.at_level(logging.WARNING):
        assert runtime.push(second) is None
    assert 'shrinks from 4 frames, both directions to 4, forward only' in caplog.text
    estimate = runtime.push(third)
    assert estimate is not None
    assert runtime.uncertainty(estimate, 1).shape == (42, 42)


def test_too_little_memory_for_anything_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_small_network()
    short_of_memory(network, monkeypatch, most_frames=0)
    runtime = NetworkRuntime(network, CPU, WindowSize(8, both_directions=True))
    with pytest.raises(ConfigError, match=r"window of 2 frames: 2 GiB .*device to 'cpu'"):
        runtime.push(frames(1)[0])
