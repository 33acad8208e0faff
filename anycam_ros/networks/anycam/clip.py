# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network over a recorded clip: every frame encoded in chunks, then window after window.

This is the paper's own offline inference, public for users of the network; the odometry streams
(frontend/network) and does not use it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.errors import FrameError
from anycam_ros.networks.anycam.both_directions import average_directions, chain, inverse_motion
from anycam_ros.networks.anycam.model import AnyCam


class Clip(NamedTuple):
    """Hold a clip of n frames."""

    images: Tensor            # (n, 3, H, W) RGB in [0, 1]
    forward_flow: Tensor      # (n - 1, 2, H, W) frame i -> i + 1, where the image spans [-1, 1]
    backward_flow: Tensor     # (n - 1, 2, H, W) frame i + 1 -> i
    depth: Tensor             # (n, 1, H, W) in 10 m


class ClipPrediction(NamedTuple):
    """Hold the motion through a clip for every focal length candidate."""

    relative_poses: Tensor      # (n - 1, candidates, 4, 4) frame i -> i + 1
    focal_log_probs: Tensor     # (windows, candidates)
    focal_candidates: Tensor    # (candidates,) 2 fx / W

    @property
    def focal_probs(self) -> Tensor:
        """Return the mean probability (candidates,) over the windows."""
        return self.focal_log_probs.exp().mean(dim=0)

    @property
    def best_candidate(self) -> int:
        """Return the candidate whose path and uncertainty are the result."""
        return int(self.focal_probs.argmax())

    @property
    def focal(self) -> float:
        """Return the mean focal length, 2 fx / W, as the reference reports it."""
        return float((self.focal_probs * self.focal_candidates).sum())

    @property
    def path(self) -> Tensor:
        """Return T_first_camera (n, 4, 4) of the best candidate."""
        return chain(self.relative_poses[:, self.best_candidate])


@torch.inference_mode()
def predict_clip(network: AnyCam, clip: Clip, *, window: int = 100, shift: int = 99,
                 chunk: int = 8, both_directions: bool = True) -> ClipPrediction:
    """Return the motion through a clip; windows start every shift frames (fit_video).

    Where windows overlap, the mean with what the earlier ones say counts. Memory grows with the
    chunk, not with the clip.
    """
    count = len(clip.images)
    if count < 2 or not 1 <= shift < window:
        raise FrameError(f'the clip has {count} frames, windows {window}, every {shift} frames; '
                         'a clip needs 2 frames, and windows must overlap by one frame at least.')
    tokens = _ClipTokens(network, clip, chunk, both_directions)
    relative: list[Tensor] = []
    focal_log_probs = []
    for first in range(0, count - 1, shift):
        last = min(first + window, count)
        motion = network.predict(tokens.window(first, last))
        poses = motion.poses[0]
        if both_directions:
            poses = average_directions(poses, motion.poses[1].flip(0))
        focal_log_probs.append(motion.focal_log_probs[0])
        for number, pose in enumerate(poses, start=first):
            if number < len(relative):
                relative[number] = average_directions(pose, inverse_motion(relative[number]))
            else:
                relative.append(pose)
    return ClipPrediction(torch.stack(relative), torch.stack(focal_log_probs),
                          network.focal_candidates)


@torch.inference_mode()
def clip_uncertainty(network: AnyCam, clip: Clip, candidate: int,
                     chunk: int = 4) -> Iterator[Tensor]:
    """Yield the Laplace scale (H, W) of the flow of each frame but the last."""
    for rows in _chunks(len(clip.forward_flow), chunk):
        code = network.encode(clip.images[rows], clip.forward_flow[rows], clip.depth[rows])
        size = clip.images.shape[-2], clip.images.shape[-1]
        yield from network.uncertainty(code, size, candidate)


class _ClipTokens:
    """Hold the pose tokens of all frames, and those without flow of frames that end a window."""

    def __init__(self, network: AnyCam, clip: Clip, chunk: int, both_directions: bool) -> None:
        self._network, self._clip = network, clip
        self._forward = self._encode(clip.images[:-1], clip.forward_flow, clip.depth[:-1], chunk)
        self._backward = self._encode(clip.images[1:], clip.backward_flow, clip.depth[1:], chunk) \
            if both_directions else None
        self._without_flow: dict[int, Tensor] = {}

    def window(self, first: int, last: int) -> Tensor:
        """Return the tokens (1 or 2, n, C) of frames first to last, exclusive."""
        rows = [torch.cat([self._forward[first:last - 1], self._still(last - 1)])]
        if self._backward is not None:
            rows.append(torch.cat([self._backward[first:last - 1].flip(0), self._still(first)]))
        return torch.stack(rows)

    def _still(self, frame: int) -> Tensor:
        if frame not in self._without_flow:
            image, depth = self._clip.images[frame:frame + 1], self._clip.depth[frame:frame + 1]
            self._without_flow[frame] = self._encode(image, torch.zeros_like(image[:, :2]), depth,
                                                     1)
        return self._without_flow[frame]

    def _encode(self, images: Tensor, flow: Tensor, depth: Tensor, chunk: int) -> Tensor:
        return torch.cat([
            self._network.encode(images[rows], flow[rows], depth[rows], with_patches=False).token
            for rows in _chunks(len(images), chunk)])


def _chunks(count: int, size: int) -> Iterator[slice]:
    return (slice(first, min(first + size, count)) for first in range(0, count, size))
