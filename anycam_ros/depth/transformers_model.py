# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metric Depth Anything V2 (Yang et al. 2024) from the transformers library."""

import torch
from torch import Tensor
from torch.nn import functional

from anycam_ros.depth.depth_model import DepthModel
from anycam_ros.depth.hub import cached_or_fetched
from anycam_ros.errors import WeightsError
from anycam_ros.optional_package import needed_for
from anycam_ros.weights.catalogue import CATALOGUE

PREFIX = 'depth: transformers:'
SIDE_PX, PATCH_PX = 518, 14                # as the models were trained
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def transformers_depth(name: str, device: torch.device) -> DepthModel:
    """Return a metric Depth Anything model; name is a model on Hugging Face, or a folder.

    Raises DependencyError without transformers and WeightsError where the model is not to be
    had, or does not give metric depth.
    """
    # The library imports the model's code, and what that needs, only when it makes the model.
    with needed_for(f"depth 'transformers:{name}'", 'pip install transformers', 'Apache-2.0'):
        try:
            network = _pretrained(name)
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"depth 'transformers:{name}' cannot be loaded: {_first_line(error)} Known "
                f'models:\n{known_models()}\nWithout network, run `hf download {name}` on a '
                'machine that has one and copy its ~/.cache/huggingface/hub, or name a folder '
                'that holds config.json and model.safetensors: transformers:/path/to/folder'
            ) from error
    return DepthModel(DepthAnything(network.to(device).eval()), device)


def _pretrained(name: str) -> torch.nn.Module:
    from transformers import AutoConfig, AutoModelForDepthEstimation

    config = cached_or_fetched(
        lambda cached: AutoConfig.from_pretrained(name, local_files_only=cached))
    kind = f'{config.model_type}, {getattr(config, "depth_estimation_type", "relative")}'
    if kind != 'depth_anything, metric':
        raise WeightsError(f'{name} is a model of another kind ({kind}); the odometry needs '
                           f'depth_anything, metric. Known:\n{known_models()}')
    network: torch.nn.Module = cached_or_fetched(
        lambda cached: AutoModelForDepthEstimation.from_pretrained(
            name, local_files_only=cached))
    return network


def known_models() -> str:
    """Return the metric models, each with its licence."""
    return '\n'.join(f'  {weights.option.removeprefix("depth: ")}  ({weights.licence})'
                     for weights in CATALOGUE.values() if weights.option.startswith(PREFIX))


class DepthAnything:
    """Bring images into the range and size that Depth Anything takes."""

    def __init__(self, network: torch.nn.Module) -> None:
        """Take a DepthAnythingForDepthEstimation of transformers."""
        self._network = network
        device = next(network.parameters()).device
        self._mean, self._std = (torch.tensor(values, device=device)[:, None, None]
                                 for values in (MEAN, STD))

    def __call__(self, images: Tensor) -> Tensor:
        """Return depth (B, 1, H, W), metres, of RGB (B, 3, H, W) in [0, 1]."""
        shape = images.shape[-2:]
        # One side gets its length: the one that changes the less (as DPTImageProcessor does it).
        scale = min((SIDE_PX / side for side in shape), key=lambda scale: abs(1 - scale))
        resized = functional.interpolate(
            images, [PATCH_PX * round(side * scale / PATCH_PX) for side in shape],
            mode='bicubic', align_corners=False)
        depth = self._network((resized - self._mean) / self._std) \
            .predicted_depth[:, None].float()
        return functional.interpolate(depth, shape, mode='bilinear', align_corners=False)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition('\n')[0]
