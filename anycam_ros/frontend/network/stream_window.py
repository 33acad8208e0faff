# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network over a live stream: what is known of a frame is computed once.

A window of n frames, forward and reversed, has 2 n entries. From one frame to the next three are
new: the frame before, whose flow to its successor is only known now; the new frame as the last
one of the forward pass, without flow; and the new frame in the reversed pass. The oldest frame
ends the reversed pass and has no flow there: that entry is the one it had as the newest frame.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.networks.anycam.both_directions import average_directions
from anycam_ros.networks.anycam.model import AnyCam, FrameCode


class StreamFrame(NamedTuple):
    """Hold a new frame of the stream, without batch dimension."""

    image: Tensor                     # (3, H, W) RGB in [0, 1]
    depth: Tensor                     # (1, H, W) in 10 m
    forward_flow: Tensor | None = None     # (2, H, W) frame before -> this one; None: no relation
    backward_flow: Tensor | None = None    # (2, H, W) this frame -> the one before


@dataclass
class _Tokens:
    """Hold the pose tokens (C,) of one frame, by the flow that it was seen with."""

    without_flow: Tensor
    forward: Tensor | None = None
    backward: Tensor | None = None


class StreamEstimate:
    """Hold what the window says after its newest frame."""

    def __init__(self, network: AnyCam, poses: Tensor, focal_log_probs: Tensor,
                 newest: FrameCode, size: tuple[int, int]) -> None:
        """Keep what uncertainty is computed from when it is asked for."""
        self.relative_poses = poses               # (n - 1, candidates, 4, 4) frame i -> i + 1
        self.focal_log_probs = focal_log_probs    # (candidates,)
        self._network, self._newest, self._size = network, newest, size

    @torch.inference_mode()
    def uncertainty(self, candidate: int) -> Tensor:
        """Return the Laplace scale (H, W) of the flow back from the newest frame, in its pixels.

        In units in which the image spans [-1, 1].
        """
        newest = slice(-1, None)
        code = FrameCode(self._newest.token[newest],
                         tuple(level[newest] for level in self._newest.patches))
        return self._network.uncertainty(code, self._size, candidate)[0].float()


class StreamWindow:
    """Hold what the network knows of the last frames of a stream."""

    def __init__(self, network: AnyCam, frames: int = 8, *, both_directions: bool = True) -> None:
        """Start with no frame seen; the reversed pass costs half as much again."""
        self.network, self.both_directions = network, both_directions
        self._tokens: deque[_Tokens] = deque(maxlen=frames)
        self._newest: StreamFrame | None = None
        self._before_push: tuple[list[_Tokens], StreamFrame | None] = [], None

    def __len__(self) -> int:
        """Return how many frames are in the window."""
        return len(self._tokens)

    @property
    def frames(self) -> int:
        """Return how many frames the window can hold."""
        return self._tokens.maxlen or 0

    def clear(self) -> None:
        """Forget every frame."""
        self._tokens.clear()
        self._newest = None

    @torch.inference_mode()
    def push(self, frame: StreamFrame) -> StreamEstimate | None:
        """Take a frame; return the estimate, or None where no frame comes before it.

        Frames without flow restart the window.
        """
        before = self._newest
        self._before_push = list(self._tokens), before
        if before is None or frame.forward_flow is None or frame.backward_flow is None:
            self.clear()
            self._append(self._without_flow(frame), frame)
            return None
        moving = [(before.image, frame.forward_flow, before.depth)]
        if self.both_directions:
            moving.append((frame.image, frame.backward_flow, frame.depth))
        code = self.network.encode(*(torch.stack(values)
                                     for values in zip(*moving, strict=True)))
        tokens = self._without_flow(frame)
        self._tokens[-1].forward = code.token[0]
        if self.both_directions:
            tokens.backward = code.token[1]
        self._append(tokens, frame)
        motion = self.network.predict(self._windows())
        poses = motion.poses[0]
        if self.both_directions:
            poses = average_directions(poses, motion.poses[1].flip(0))
        size = frame.image.shape[-2], frame.image.shape[-1]
        return StreamEstimate(self.network, poses, motion.focal_log_probs[0], code, size)

    def take_back(self) -> None:
        """Forget the frame that was taken last, as if it had never come."""
        # What its predecessor has learnt of it is learnt again from the frame that comes instead.
        tokens, self._newest = self._before_push
        self._tokens = deque(tokens, self._tokens.maxlen)

    def _without_flow(self, frame: StreamFrame) -> _Tokens:
        still = torch.zeros_like(frame.image[:2])
        code = self.network.encode(frame.image[None], still[None], frame.depth[None],
                                   with_patches=False)
        return _Tokens(code.token[0])

    def _append(self, tokens: _Tokens, frame: StreamFrame) -> None:
        self._tokens.append(tokens)
        self._newest = frame

    def _windows(self) -> Tensor:
        """Return the tokens (1 or 2, n, C) of the window, forward and reversed."""
        frames = list(self._tokens)
        rows = [[frame.forward for frame in frames[:-1]] + [frames[-1].without_flow]]
        if self.both_directions:
            rows.append([frame.backward for frame in frames[:0:-1]] + [frames[0].without_flow])
        return torch.stack([torch.stack([token for token in row if token is not None])
                            for row in rows])
