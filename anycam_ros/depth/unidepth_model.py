# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""UniDepth V2 (Piccinelli et al. 2025), which AnyCam was trained with; NON-COMMERCIAL."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from anycam_ros.depth.depth_model import DepthModel
from anycam_ros.depth.hub import cached_or_fetched
from anycam_ros.errors import WeightsError
from anycam_ros.optional_package import needed_for

# Newer xformers no longer have the attention that its decoder is built of.
INSTALL = ("pip install git+https://github.com/lpiccinelli-eth/UniDepth "
           "'xformers<=0.0.28.post1'")
LICENCE = 'CC BY-NC 4.0: NON-COMMERCIAL use only, of the code and of the weights'
PRETRAINED = 'lpiccinelli/unidepth-v2old-vits14'
RESOLUTION_LEVEL = 10   # the largest of 0 to 10, as in AnyCam


def unidepth_depth(device: torch.device, state: Mapping[str, Tensor] | None = None) -> DepthModel:
    """Return the small UniDepth V2 (of 2024) with its own weights, or with those given.

    Raises DependencyError without unidepth and WeightsError where the weights are not to be had
    or are those of another model.
    """
    with needed_for("depth 'unidepth'", INSTALL, LICENCE):
        from unidepth.models import UniDepthV2old
        from xformers.components.attention import NystromAttention as _  # noqa: F401
    if state is None:
        network = _pretrained(UniDepthV2old)
    else:
        network = UniDepthV2old(architecture())
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise WeightsError(f'the weights are not those of UniDepth V2 (2024), ViT-S/14. '
                               f'{error}') from error
    network.resolution_level = RESOLUTION_LEVEL
    return DepthModel(UniDepth(network.to(device).eval()), device)


class UniDepth:
    """Ask UniDepth for depth; its own estimate of the focal length is not used."""

    def __init__(self, network: Any) -> None:  # noqa: ANN401
        """Take a UniDepthV2old."""
        self._network = network

    def __call__(self, images: Tensor) -> Tensor:
        """Return depth (B, 1, H, W), metres, of RGB (B, 3, H, W) in [0, 1]."""
        depth: Tensor = self._network.infer(images)['depth']
        return depth


def architecture() -> dict[str, Any]:
    """Return the configuration v2old_vits14."""
    return {
        'training': {},
        'data': {'image_shape': [420, 560],
                 'shape_constraints': {'ratio_bounds': [0.66, 2.0],
                                       'pixels_bounds': [1400, 2400], 'patch_size': 14}},
        'model': {'name': 'UniDepthV2old', 'num_heads': 8, 'expansion': 4,
                  'pixel_decoder': {'hidden_dim': 512, 'depths': [6, 0, 0], 'dropout': 0.0},
                  'pixel_encoder': {'name': 'dinov2_vits14', 'pretrained': None,
                                    'use_norm': True, 'stacking_fn': 'last',
                                    'output_idx': [9, 10, 11, 12]}},
    }


def _pretrained(model_type: Any) -> Any:  # noqa: ANN401
    try:
        return cached_or_fetched(
            lambda cached: model_type.from_pretrained(PRETRAINED, local_files_only=cached))
    except Exception as error:   # no network, no such file, damaged: each has its own kind
        raise WeightsError(
            f'the weights of UniDepth cannot be loaded: {error} Run `hf download {PRETRAINED}` '
            'on a machine with network and copy its ~/.cache/huggingface/hub, or let weights '
            f'name the AnyCam checkpoint, which holds them. {LICENCE}.') from error
