# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metric depth from a network: images to the device, depth back."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

from anycam_ros.devices import half_on_cuda, upload

Predictor = Callable[[Tensor], Tensor]
"""A batch of RGB images (B, 3, H, W) in [0, 1] to depth (B, 1, H, W), metres."""


class DepthModel:
    """Run a depth network on numpy images or on tensors."""

    def __init__(self, predictor: Predictor, device: torch.device) -> None:
        """Take a predictor whose weights are on the device."""
        self._predictor = predictor
        self.device = device

    @torch.inference_mode()
    def tensors(self, images: Tensor) -> Tensor:
        """Return depth (B, 1, H, W), metres, on the device, of RGB (B, 3, H, W) in [0, 1].

        Half precision on CUDA.
        """
        with half_on_cuda(self.device):
            return self._predictor(images.to(self.device)).float()

    def __call__(self, image_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return depth (H, W), metres, of one RGB image (H, W, 3)."""
        depth = self.tensors(upload(image_rgb, self.device).permute(2, 0, 1)[None] / 255)
        return np.asarray(depth[0, 0].cpu().numpy(), np.float32)
