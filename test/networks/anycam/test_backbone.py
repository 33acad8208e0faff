# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Backbone and uncertainty are those of the library that the reference is made of, at any size."""

from typing import Any

import pytest
from small_network import SMALL
import torch
from torch import nn, Tensor

from anycam_ros.networks.anycam import AnyCam
from anycam_ros.networks.anycam.backbone import INPUT_CHANNELS
from anycam_ros.networks.anycam.checkpoint.official_names import with_official_names
from anycam_ros.networks.anycam.uncertainty_branch import KINDS

pytestmark = pytest.mark.slow

# Newer releases of transformers name the projections of attention otherwise.
RENAMED = {'attention.q_proj': 'attention.attention.query',
           'attention.k_proj': 'attention.attention.key',
           'attention.v_proj': 'attention.attention.value',
           'attention.o_proj': 'attention.output.dense'}


@pytest.fixture(scope='module')
def library(mended_torchvision: object, network: AnyCam) -> Any:  # noqa: ANN401
    """Return the Depth Anything of transformers with the weights of our small network."""
    del mended_torchvision
    transformers = pytest.importorskip('transformers')
    stages = [f'stage{level}' for level in SMALL.feature_layers]
    backbone = transformers.Dinov2Config(
        hidden_size=SMALL.channels, num_hidden_layers=SMALL.layers,
        num_attention_heads=SMALL.heads, image_size=SMALL.position_grid * SMALL.patch_size,
        patch_size=SMALL.patch_size, num_channels=INPUT_CHANNELS, out_features=stages,
        reshape_hidden_states=False)
    model = transformers.DepthAnythingForDepthEstimation(transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=SMALL.channels,
        neck_hidden_sizes=list(SMALL.neck_channels), fusion_hidden_size=SMALL.fusion_channels,
        head_hidden_size=SMALL.head_channels, depth_estimation_type='metric', max_depth=1))
    model.head.conv3 = nn.Conv2d(SMALL.head_channels, KINDS * SMALL.candidates, 1)
    model.head.activation2 = nn.Softplus()
    official = with_official_names(network.state_dict(), SMALL)
    model.load_state_dict({name: official[_official(name)] for name in model.state_dict()})
    return model.eval()


def _official(name: str) -> str:
    for new, old in RENAMED.items():
        name = name.replace(new, old)
    return name


def assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(('rows', 'columns'), [
    (5, 5), (3, 4), (4, 3), (1, 6), (7, 9), (9, 2), (5, 8)])
def test_every_grid_of_patches_gives_the_same(library: Any, network: AnyCam,  # noqa: ANN401
                                              rows: int, columns: int) -> None:
    size = rows * SMALL.patch_size, columns * SMALL.patch_size
    frames = torch.randn(2, INPUT_CHANNELS, *size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        levels = library.backbone(frames).feature_maps
        expected = library.head(library.neck(list(levels), rows, columns), rows, columns)
        features = network.backbone(frames)
        branch = network.uncertainty_branch
        shared = branch(features.patches)
        for candidate in (0, 3):
            assert_close(branch.scale(shared, size, candidate)[:, 0],
                         expected[:, KINDS * candidate])
    for level, summary, patches in zip(levels, features.summary, features.patches, strict=True):
        assert_close(summary, level[:, 0])
        assert_close(patches.flatten(2).transpose(1, 2), level[:, 1:])
