# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth networks of the real libraries with random weights; models that are not to be had."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from anycam_ros.errors import WeightsError

pytestmark = pytest.mark.slow

torch = pytest.importorskip('torch')

from anycam_ros.depth.depth_model import DepthModel  # noqa: E402

CPU = torch.device('cpu')
IMAGE = np.random.default_rng(0).integers(0, 256, (84, 112, 3), np.uint8)


def test_image_reaches_the_network_as_rgb_from_0_to_1_and_depth_comes_back_as_array() -> None:
    seen = []

    def red(images: torch.Tensor) -> torch.Tensor:
        seen.append(images)
        return images[:, :1]
    depth = DepthModel(red, CPU)(IMAGE)
    assert seen[0].shape == (1, 3, 84, 112)
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, IMAGE[..., 0] / 255, rtol=1e-5)


@pytest.fixture(scope='session')
def transformers(mended_torchvision: object) -> Any:  # noqa: ANN401
    del mended_torchvision
    return pytest.importorskip('transformers')


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Hugging Face find an empty cache and no network."""
    from huggingface_hub import constants
    monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', True)
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path / 'cache'))


def depth_anything(transformers: Any, kind: str = 'metric') -> Any:  # noqa: ANN401
    torch.manual_seed(0)
    backbone = transformers.Dinov2Config(
        hidden_size=48, num_hidden_layers=4, num_attention_heads=3, image_size=518, patch_size=14,
        out_features=['stage1', 'stage2', 'stage3', 'stage4'], reshape_hidden_states=False)
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=48, neck_hidden_sizes=[8, 16, 32, 32],
        fusion_hidden_size=16, depth_estimation_type=kind, max_depth=20)
    return transformers.DepthAnythingForDepthEstimation(config).eval()


@pytest.mark.parametrize('shape', [(84, 112), (160, 120), (480, 640)])
def test_depth_anything_sees_what_its_own_processor_would_show(
        transformers: Any, shape: tuple[int, int]) -> None:  # noqa: ANN401
    from anycam_ros.depth.transformers_model import DepthAnything
    network = depth_anything(transformers)
    smooth = cv2.GaussianBlur(cv2.resize(IMAGE, shape[::-1]), (0, 0), 6)
    seen = []
    network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    depth = DepthModel(DepthAnything(network), CPU)(smooth)
    processor = transformers.DPTImageProcessor(
        size={'height': 518, 'width': 518}, keep_aspect_ratio=True, ensure_multiple_of=14,
        image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    shown = processor(smooth, return_tensors='pt')['pixel_values']
    np.testing.assert_allclose(seen[0], shown, atol=0.03)   # 0.02 is one step of 8 bits
    with torch.inference_mode():
        expected = network(shown).predicted_depth[None]
    expected = torch.nn.functional.interpolate(expected, shape, mode='bilinear')[0, 0]
    np.testing.assert_allclose(depth, expected, rtol=1e-3)


def test_model_is_read_from_a_folder(transformers: Any, tmp_path: Path) -> None:  # noqa: ANN401
    from anycam_ros.depth.transformers_model import DepthAnything, transformers_depth
    network = depth_anything(transformers)
    network.save_pretrained(tmp_path)
    np.testing.assert_array_equal(transformers_depth(str(tmp_path), CPU)(IMAGE),
                                  DepthModel(DepthAnything(network), CPU)(IMAGE))


def test_relative_depth_is_refused(transformers: Any, tmp_path: Path) -> None:  # noqa: ANN401
    from anycam_ros.depth.transformers_model import transformers_depth
    depth_anything(transformers, 'relative').save_pretrained(tmp_path)
    with pytest.raises(WeightsError, match=r'(?s)depth_anything, relative.*Metric-Indoor-Small'):
        transformers_depth(str(tmp_path), CPU)


@pytest.mark.usefixtures('transformers', 'offline')
@pytest.mark.parametrize('name', ['depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf',
                                  'nobody/nothing', '/no/such/folder', '../..//x'])
def test_model_that_is_not_to_be_had_is_named_with_those_that_exist(name: str) -> None:
    from anycam_ros.depth.transformers_model import transformers_depth
    with pytest.raises(WeightsError) as caught:
        transformers_depth(name, CPU)
    message = str(caught.value)
    assert f"'transformers:{name}' cannot be loaded" in message
    assert 'Metric-Outdoor-Small-hf  (Apache-2.0' in message
    assert f'`hf download {name}`' in message


@pytest.fixture(scope='session')
def unidepth(torchvision_loads: object) -> Any:  # noqa: ANN401
    del torchvision_loads
    pytest.importorskip('unidepth')
    pytest.importorskip('xformers.components.attention.nystrom')
    from unidepth.models import UniDepthV2old
    return UniDepthV2old


@pytest.mark.usefixtures('offline')
def test_unidepth_takes_weights_and_gives_its_depth(unidepth: Any) -> None:  # noqa: ANN401
    from anycam_ros.depth.unidepth_model import architecture, unidepth_depth
    torch.manual_seed(0)
    network = unidepth(architecture()).eval()
    state = network.state_dict()
    model = unidepth_depth(CPU, state)
    depth = model(IMAGE)
    assert depth.shape == IMAGE.shape[:2]
    network.resolution_level = 10
    expected = network.infer(torch.tensor(IMAGE).permute(2, 0, 1))['depth'][0, 0]
    np.testing.assert_allclose(depth, expected, rtol=1e-3)
    state.pop('pixel_encoder.cls_token')
    with pytest.raises(WeightsError, match=r'(?s)not those of UniDepth.*cls_token'):
        unidepth_depth(CPU, state)
    with pytest.raises(WeightsError, match='NON-COMMERCIAL'):
        unidepth_depth(CPU)
