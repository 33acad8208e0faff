# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream's shortcuts give what the whole window gives, and so does the clip."""

import pytest
from small_network import Inputs, make_small_network, random_window
import torch
from torch import Tensor

from anycam_ros.errors import FrameError
from anycam_ros.frontend.network.stream_window import StreamEstimate, StreamFrame, StreamWindow
from anycam_ros.networks.anycam import (
    AnyCam,
    average_directions,
    Clip,
    clip_uncertainty,
    predict_clip,
)

FRAMES, HEIGHT, WIDTH, WINDOW = 11, 42, 56, 4
TOLERANCE = {'rtol': 0.0, 'atol': 1e-5}


@pytest.fixture(scope='module')
def clip() -> Clip:
    forward, backward = (random_window(1, FRAMES, HEIGHT, WIDTH, seed) for seed in (1, 2))
    return Clip(forward['images'][0], forward['flow'][0, :-1], backward['flow'][0, :-1],
                forward['depth'][0])


def frame(clip: Clip, number: int) -> StreamFrame:
    flows = (None, None) if number == 0 else (
        clip.forward_flow[number - 1], clip.backward_flow[number - 1])
    return StreamFrame(clip.images[number], clip.depth[number], *flows)


def whole_window(clip: Clip, first: int, last: int) -> Inputs:
    """Return frames first to last, exclusive, forward and reversed, as the reference does it."""
    none = torch.zeros(1, 2, HEIGHT, WIDTH)
    forward = torch.cat([clip.forward_flow[first:last - 1], none])
    backward = torch.cat([clip.backward_flow[first:last - 1].flip(0), none])
    images, depth = clip.images[first:last], clip.depth[first:last]
    return {'images': torch.stack([images, images.flip(0)]),
            'flow': torch.stack([forward, backward]),
            'depth': torch.stack([depth, depth.flip(0)])}


def push_all(network: AnyCam, clip: Clip, length: int = WINDOW,
             **options: bool) -> list[StreamEstimate | None]:
    window = StreamWindow(network, length, **options)
    return [window.push(frame(clip, number)) for number in range(FRAMES)]


@pytest.mark.slow
@pytest.mark.parametrize('length', [2, 3, WINDOW, 8, 16])
def test_every_frame_gives_what_its_whole_window_gives(network: AnyCam, clip: Clip,
                                                       length: int) -> None:
    estimates = push_all(network, clip, length)
    assert estimates[0] is None
    for number, estimate in enumerate(estimates[1:], start=1):
        first = max(0, number - length + 1)
        with torch.inference_mode():
            out = network(**whole_window(clip, first, number + 1))
            poses = average_directions(out.poses[0], out.poses[1].flip(0))
            newest = out.uncertainty(3)[1, 0]
        assert estimate is not None
        torch.testing.assert_close(estimate.relative_poses, poses, **TOLERANCE)
        torch.testing.assert_close(estimate.focal_log_probs, out.focal_log_probs[0], **TOLERANCE)
        torch.testing.assert_close(estimate.uncertainty(3), newest, **TOLERANCE)


def test_forward_alone_gives_the_forward_window(network: AnyCam, clip: Clip) -> None:
    estimate = push_all(network, clip, both_directions=False)[-1]
    with torch.inference_mode():
        out = network(**whole_window(clip, FRAMES - WINDOW, FRAMES))
        before = out.uncertainty(1)[0, -2]
    assert estimate is not None
    torch.testing.assert_close(estimate.relative_poses, out.poses[0], **TOLERANCE)
    # There is no flow back from the newest frame, so that of the frame before stands for it.
    torch.testing.assert_close(estimate.uncertainty(1), before, **TOLERANCE)


def test_each_frame_is_encoded_three_times(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    network, encoded = make_small_network(), []
    encode = network.encode
    monkeypatch.setattr(network, 'encode', lambda images, *rest, **options: (
        encoded.append(len(images)), encode(images, *rest, **options))[1])
    push_all(network, clip)
    assert sum(encoded) == 1 + 3 * (FRAMES - 1)


def test_a_frame_without_flow_starts_anew(network: AnyCam, clip: Clip) -> None:
    window = StreamWindow(network, WINDOW)
    for number in range(3):
        window.push(frame(clip, number))
    assert window.push(StreamFrame(clip.images[4], clip.depth[4])) is None
    estimate = window.push(frame(clip, 5))
    fresh = StreamWindow(network, WINDOW)
    fresh.push(StreamFrame(clip.images[4], clip.depth[4]))
    expected = fresh.push(frame(clip, 5))
    assert estimate is not None
    assert expected is not None
    assert torch.equal(estimate.relative_poses, expected.relative_poses)


@pytest.mark.parametrize('chunk', [1, 3, 64])
def test_a_clip_gives_what_its_window_gives(network: AnyCam, clip: Clip, chunk: int) -> None:
    prediction = predict_clip(network, clip, chunk=chunk)
    with torch.inference_mode():
        out = network(**whole_window(clip, 0, FRAMES))
    torch.testing.assert_close(prediction.relative_poses,
                               average_directions(out.poses[0], out.poses[1].flip(0)),
                               **TOLERANCE)
    probabilities = out.focal_log_probs[0].exp()
    assert prediction.best_candidate == int(probabilities.argmax())
    assert prediction.focal == pytest.approx(float(probabilities @ out.focal_candidates), 1e-5)
    assert prediction.path.shape == (FRAMES, 4, 4)
    uncertainty = torch.stack(list(clip_uncertainty(network, clip, 2, chunk)))
    torch.testing.assert_close(uncertainty, out.uncertainty(2)[0, :-1], **TOLERANCE)


def test_stream_and_clip_agree_on_each_window(network: AnyCam, clip: Clip) -> None:
    for number, estimate in enumerate(push_all(network, clip)):
        if estimate is None:
            continue
        rows = slice(max(0, number - WINDOW + 1), number + 1)
        pairs = slice(rows.start, number)
        part = Clip(clip.images[rows], clip.forward_flow[pairs], clip.backward_flow[pairs],
                    clip.depth[rows])
        torch.testing.assert_close(predict_clip(network, part, window=WINDOW, shift=WINDOW - 1)
                                   .relative_poses, estimate.relative_poses, **TOLERANCE)


def test_windows_of_a_clip_overlap_by_one_frame_or_average(network: AnyCam, clip: Clip) -> None:
    apart = predict_clip(network, clip, window=6, shift=5)
    assert len(apart.relative_poses) == FRAMES - 1
    assert len(apart.focal_log_probs) == 2
    twice = predict_clip(network, clip, window=6, shift=3)
    first, second = (predict_clip(network, _part(clip, rows), window=6, shift=5).relative_poses
                     for rows in (slice(0, 6), slice(3, 9)))
    torch.testing.assert_close(twice.relative_poses[:3], first[:3], **TOLERANCE)
    expected = average_directions(second[:2], torch.linalg.inv(first[3:5]))
    torch.testing.assert_close(twice.relative_poses[3:5], expected, **TOLERANCE)
    with pytest.raises(FrameError, match='windows must overlap'):
        predict_clip(network, clip, window=5, shift=5)
    with pytest.raises(FrameError, match='has 1 frames'):
        predict_clip(network, _part(clip, slice(0, 1)))


def _part(clip: Clip, rows: slice) -> Clip:
    pairs = slice(rows.start, rows.stop - 1)
    return Clip(clip.images[rows], clip.forward_flow[pairs], clip.backward_flow[pairs],
                clip.depth[rows])


def test_memory_of_the_stream_does_not_grow(network: AnyCam, clip: Clip) -> None:
    window = StreamWindow(network, WINDOW)
    for number in range(FRAMES):
        window.push(frame(clip, number))
        assert len(window) == min(number + 1, WINDOW)


def test_the_mean_of_two_opposite_turns_is_none() -> None:
    turn = torch.tensor(0.4)
    R = torch.tensor([[turn.cos(), -turn.sin(), 0.0], [turn.sin(), turn.cos(), 0.0],
                      [0.0, 0.0, 1.0]])
    T = torch.eye(4)
    T[:3, :3], T[:3, 3] = R, torch.tensor([1.0, 2.0, 3.0])
    torch.testing.assert_close(average_directions(T, torch.linalg.inv(T)), T)
    back = torch.eye(4)
    back[:3, :3] = R       # the way back turns alike: the two contradict each other
    mean: Tensor = average_directions(T, back)
    torch.testing.assert_close(mean[:3, :3], torch.eye(3))
    torch.testing.assert_close(mean[:3, 3], T[:3, 3] / 2)
