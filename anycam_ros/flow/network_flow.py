# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dense flow from a network: images to the device, flow of both directions in one batch."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from anycam_ros.devices import half_on_cuda, upload
from anycam_ros.flow.dense_flow import Flow, Image

FlowModel = Callable[[Tensor, Tensor], Tensor]
"""Two batches of RGB images (B, 3, H, W) in [0, 1] to flow (B, 2, H, W), pixels."""


class NetworkFlow:
    """Run a flow network on numpy images or on tensors."""

    def __init__(self, model: FlowModel, device: torch.device) -> None:
        """Take a model whose weights are on the device."""
        self._model = model
        self.device = device

    @torch.inference_mode()
    def tensors_both_ways(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return the flow (B, 2, H, W) from first to second and back, pixels, on the device.

        Images are RGB (B, 3, H, W) in [0, 1]. Half precision on CUDA.
        """
        first, second = first.to(self.device), second.to(self.device)
        with half_on_cuda(self.device):
            flow = self._model(torch.cat([first, second]), torch.cat([second, first])).float()
        forward, backward = flow.chunk(2)
        return forward, backward

    def both_ways(self, first: Image, second: Image,
                  initial: tuple[Flow, Flow] | None = None) -> tuple[Flow, Flow]:
        """Return the flow from first to second and back, (H, W, 2) each; initial is not used."""
        del initial
        flows = self.tensors_both_ways(self._tensor(first), self._tensor(second))
        forward, backward = torch.cat(flows).permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return np.asarray(forward, np.float32), np.asarray(backward, np.float32)

    def _tensor(self, image: Image) -> Tensor:
        pixels = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        return upload(pixels, self.device).permute(2, 0, 1)[None] / 255


def at_size(model: FlowModel, first: Tensor, second: Tensor, height: int, width: int) -> Tensor:
    """Return the flow that a model finds in images resized to height x width.

    Flow vectors are in pixels of the images as they come.
    """
    shape = first.shape[-2:]
    if shape == (height, width):
        return model(first, second)
    flow = model(_resized(first, (height, width)), _resized(second, (height, width))).float()
    x, y = _resized(flow, (shape[0], shape[1])).unbind(1)
    return torch.stack([x * (shape[1] / width), y * (shape[0] / height)], dim=1)


def _resized(image: Tensor, shape: tuple[int, int]) -> Tensor:
    return functional.interpolate(image, shape, mode='bilinear', align_corners=True)
