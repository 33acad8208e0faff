# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Picture, depth and flow of a frame on the network's device, each brought there once."""

from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.depth.depth_model import DepthModel
from anycam_ros.devices import upload
from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.flow.network_flow import NetworkFlow
from anycam_ros.networks.anycam.inputs.preprocessing import Map, without_holes

NEAREST_M = 0.01


class View(NamedTuple):
    """Hold a frame of the working size."""

    image: Image         # (H, W, 3) RGB, in the memory of the processor
    pixels: Tensor       # (3, H, W) in [0, 1], this and what follows on the device
    depth_m: Tensor      # (1, H, W) without holes
    stamp_s: float
    measured_s: float    # when the depth was


class DeviceUpload:
    """Bring the inputs of the network to its device; results of other networks stay there."""

    def __init__(self, flow: DenseFlow, depth_model: DepthModel | None,
                 device: torch.device) -> None:
        """Take the priors; without a model depth is measured."""
        self._flow, self._depth_model, self._device = flow, depth_model, device

    @property
    def measures_depth(self) -> bool:
        """Return whether depth comes with the frames."""
        return self._depth_model is None

    def pixels(self, image: Image) -> Tensor:
        """Return a picture (H, W, 3) as (3, H, W) in [0, 1]."""
        return upload(image, self._device).permute(2, 0, 1).float() / 255

    def depth(self, measured_m: Map | None, pixels: Tensor) -> Tensor:
        """Return the depth (1, H, W) without holes, m: of the model, or measured (H, W)."""
        if self._depth_model is not None:
            depth_m = self._depth_model.tensors(pixels[None])[0]
            return depth_m.nan_to_num(nan=NEAREST_M).clamp(min=NEAREST_M)
        assert measured_m is not None
        return upload(without_holes(measured_m), self._device)[None]

    def flow(self, before: View, image: Image, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the flow (2, H, W) from the view before to a picture and back, px."""
        if isinstance(self._flow, NetworkFlow):
            forward, backward = self._flow.tensors_both_ways(before.pixels[None], pixels[None])
            return forward[0], backward[0]
        forward, backward = (upload(flow, self._device).permute(2, 0, 1)
                             for flow in self._flow.both_ways(before.image, image))
        return forward, backward
