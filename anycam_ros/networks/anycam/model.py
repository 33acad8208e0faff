# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The AnyCam network (section 3 of the paper): relative poses, focal length, uncertainty."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
import json
import math
from typing import Any, NamedTuple

import torch
from torch import nn, Tensor

from anycam_ros.geometry.focal_candidates import blended
from anycam_ros.networks.anycam.backbone import Backbone
from anycam_ros.networks.anycam.checkpoint.official_names import with_our_names
from anycam_ros.networks.anycam.checkpoint.unused import UnusedWeights
from anycam_ros.networks.anycam.config import CONFIG_KEY, NetworkConfig
from anycam_ros.networks.anycam.heads import Heads
from anycam_ros.networks.anycam.inputs.frame_inputs import check_window, stack_channels
from anycam_ros.networks.anycam.interframe_attention import InterframeAttention
from anycam_ros.networks.anycam.pose_token import PoseToken
from anycam_ros.networks.anycam.uncertainty_branch import UncertaintyBranch


class FrameCode(NamedTuple):
    """Hold what the network knows of N frames by themselves."""

    token: Tensor                  # (N, fusion_channels)
    patches: tuple[Tensor, ...]    # per level (N, channels, h, w); empty when not asked for


class WindowMotion(NamedTuple):
    """Hold what the network says of B windows of n frames."""

    poses: Tensor              # (B, n - 1, candidates, 4, 4) camera i -> i + 1
    focal_log_probs: Tensor    # (B, candidates)


class AnyCam(nn.Module):
    """Predict motion, focal length and uncertainty of windows of frames.

    Lengths are in the unit of the depth put in, rotations about the camera's optical axes.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        """Make a network with random weights; its default size is the published one."""
        super().__init__()
        self.config = config = config or NetworkConfig()
        self.backbone = Backbone(config)
        self.uncertainty_branch = UncertaintyBranch(config)
        self.pose_token = PoseToken(config)
        self.interframe = InterframeAttention(config)
        self.heads = Heads(config)
        self.unused = UnusedWeights(config)

    @property
    def focal_candidates(self) -> Tensor:
        """Return the focal lengths (candidates,) among which it chooses, 2 fx / width.

        The paper counts in image heights, which for its square images is half of this.
        """
        smallest, largest = self.config.smallest_focal, self.config.largest_focal
        count, device = self.config.candidates, self.unused.mask_token.device
        logarithm = torch.linspace(math.log(smallest), math.log(largest), count, device=device)
        linear = torch.linspace(smallest, largest, count, device=device)
        return torch.as_tensor(blended(logarithm.exp(), linear))

    @property
    def file_metadata(self) -> dict[str, str]:
        """Return what a file of its weights says of its sizes."""
        return {CONFIG_KEY: json.dumps(asdict(self.config))}

    def forward(self, images: Tensor, flow: Tensor, depth: Tensor) -> 'AnyCamOutput':
        """Return the prediction for B windows of n frames, of any height and width.

        Takes RGB (B, n, 3, H, W) in [0, 1]; flow (B, n, 2, H, W) of frame i to i + 1 in units in
        which the image spans [-1, 1], 0 for the last frame; depth (B, n, 1, H, W), the published
        weights were trained with units of 10 m. Raises FrameError where they do not fit together.
        """
        check_window(images, flow, depth)
        frames = self.encode(*(value.flatten(0, 1) for value in (images, flow, depth)))
        shape = (*images.shape[:2], *images.shape[3:])
        return AnyCamOutput(self, self.predict(frames.token.unflatten(0, shape[:2])), frames,
                            shape)

    def encode(self, images: Tensor, flow: Tensor, depth: Tensor, *,
               with_patches: bool = True) -> FrameCode:
        """Return the code of frames (N, channels, H, W); uncertainty needs the patches."""
        frames = stack_channels(images, flow, depth, self.config.patch_size)
        features = self.backbone(frames, with_patches=with_patches)
        return FrameCode(self.pose_token(features.summary), features.patches)

    def predict(self, tokens: Tensor) -> WindowMotion:
        """Return the motion in windows of pose tokens (B, n, fusion_channels)."""
        poses, focal_log_probs = self.heads(*self.interframe(tokens))
        # The last frame has no successor.
        return WindowMotion(poses[:, :-1], focal_log_probs)

    def uncertainty(self, frames: FrameCode, size: tuple[int, int], candidate: int) -> Tensor:
        """Return the Laplace scale (N, H, W) of the flow of frames of the size, for a candidate.

        In units in which the image spans [-1, 1].
        """
        shared = self.uncertainty_branch(frames.patches)
        return self.uncertainty_branch.scale(shared, size, candidate)[:, 0]

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> Any:  # noqa: ANN401
        """Take weights under our names or under the official ones.

        These may be those of the whole official model, of which the network takes its own.
        """
        return super().load_state_dict(with_our_names(state_dict, self.config), strict, assign)


class AnyCamOutput:
    """Hold the prediction for B windows of n frames of H x W pixels."""

    def __init__(self, network: AnyCam, motion: WindowMotion, frames: FrameCode,
                 shape: tuple[int, ...]) -> None:
        """Keep what uncertainty is computed from when it is asked for."""
        self.poses = motion.poses                        # (B, n - 1, candidates, 4, 4)
        self.focal_log_probs = motion.focal_log_probs    # (B, candidates)
        self.focal_candidates = network.focal_candidates    # (candidates,) 2 fx / W
        self._network, self._frames, self._shape = network, frames, shape
        self._with_gradients = torch.is_grad_enabled()

    def uncertainty(self, candidate: int | None = None) -> Tensor:
        """Return the Laplace scale of the flow for a candidate, (B, n, H, W).

        In units in which the image spans [-1, 1]. Without a candidate, that of all:
        (B, n, candidates, H, W).
        """
        windows, height, width = self._shape[:2], self._shape[2], self._shape[3]
        with torch.set_grad_enabled(self._with_gradients):
            scale = self._network.uncertainty_branch.scale(
                self._shared, (height, width), candidate).unflatten(0, windows)
            return scale if candidate is None else scale[:, :, 0]

    @cached_property
    def _shared(self) -> Tensor:
        shared: Tensor = self._network.uncertainty_branch(self._frames.patches)
        return shared
