# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration chooses flow and depth; what is missing is named with the way out."""

from pathlib import Path
import sys
from typing import Any

from clips import Clip
import cv2
import numpy as np
import pytest

from anycam_ros.depth.registry import make_depth_model
from anycam_ros.errors import ConfigError, DependencyError, WeightsError
from anycam_ros.flow.dis import DisFlow
from anycam_ros.flow.registry import make_flow
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry import Frame, OdometryConfig, TrackingState, VisualOdometry

RELIEF = 0.02    # of log depth: what has none at all is no depth


def test_defaults_need_no_network() -> None:
    assert isinstance(make_flow('dis', 'auto'), DisFlow)
    assert make_depth_model('none', 'auto') is None
    assert make_depth_model('topic', 'auto') is None


@pytest.mark.parametrize(('module', 'change', 'command', 'licence'), [
    ('torchvision', {'flow': 'raft'}, 'pip install torchvision', 'BSD-3-Clause'),
    ('ptlflow', {'flow': 'ptlflow:neuflow2'}, 'pip install ptlflow', 'Apache-2.0'),
    ('transformers', {'depth': 'transformers:any/model'}, 'pip install transformers',
     'Apache-2.0'),
    ('unidepth', {'depth': 'unidepth'}, 'lpiccinelli-eth/UniDepth', 'NON-COMMERCIAL')])
def test_missing_package_is_named_with_command_and_licence(
        monkeypatch: pytest.MonkeyPatch, module: str, change: dict[str, str], command: str,
        licence: str) -> None:
    pytest.importorskip('torch')
    for loaded in [*sys.modules, module]:   # as if it were not installed
        if loaded.split('.')[0] == module:
            monkeypatch.setitem(sys.modules, loaded, None)
    make = make_flow if 'flow' in change else make_depth_model
    with pytest.raises(DependencyError) as caught:
        make(*change.values(), 'auto')
    message = str(caught.value)
    value = next(iter(change.values()))
    assert repr(value) in message
    assert command in message
    assert licence in message


def test_odometry_says_at_its_start_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'torch', None)
    with pytest.raises(DependencyError, match='pip install torch'):
        VisualOdometry(OdometryConfig(flow='raft'))


def test_cuda_without_a_gpu_is_refused() -> None:
    torch = pytest.importorskip('torch')
    if torch.cuda.is_available():
        pytest.skip('this machine has a GPU')
    with pytest.raises(ConfigError, match=r"'cuda', but PyTorch .* Set device to 'auto'"):
        make_flow('raft', 'cuda')


@pytest.mark.slow
def test_odometry_follows_the_flow_that_is_chosen(
        torchvision_loads: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        walk: Clip) -> None:
    """Random weights see no motion that a camera could make: they show whose flow is used."""
    del torchvision_loads
    torch, ptlflow = pytest.importorskip('torch'), pytest.importorskip('ptlflow')
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    (tmp_path / 'hub/checkpoints').mkdir(parents=True)
    network = ptlflow.get_model('neuflow2')
    file = network.pretrained_checkpoints['mixed'].rpartition('/')[2]
    torch.save({'state_dict': network.state_dict()}, tmp_path / 'hub/checkpoints' / file)
    odometry = VisualOdometry(OdometryConfig(flow='ptlflow:neuflow2', device='cpu'))
    estimates = [odometry.process(frame) for frame in walk.frames[:4]]
    assert all(estimate is not None and estimate.status is TrackingState.LOST
               for estimate in estimates[1:])


@pytest.mark.slow
@pytest.mark.parametrize('depth_m', [2.0, 5.0])
def test_depth_of_a_model_sets_the_unit_of_length(mended_torchvision: object, tmp_path: Path,
                                                  depth_m: float) -> None:
    """Come nearer to a wall; the random weights are brought to about its depth, everywhere."""
    del mended_torchvision
    torch = pytest.importorskip('torch')
    transformers = pytest.importorskip('transformers')
    torch.manual_seed(0)
    backbone = transformers.Dinov2Config(
        hidden_size=12, num_hidden_layers=4, num_attention_heads=1, image_size=70, patch_size=14,
        out_features=['stage1', 'stage2', 'stage3', 'stage4'], reshape_hidden_states=False)
    network = transformers.DepthAnythingForDepthEstimation(transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=12, neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=4, head_hidden_size=4, depth_estimation_type='metric', max_depth=20))
    noise = np.random.default_rng(0).integers(0, 256, (84, 112, 3)).astype(np.uint8)
    wall = cv2.resize(noise, (448, 336), interpolation=cv2.INTER_CUBIC)
    with torch.no_grad():
        logits: list[torch.Tensor] = []
        network.head.conv3.register_forward_hook(lambda *seen: logits.append(seen[2]))
        network(torch.tensor(wall[None] / 255, dtype=torch.float32).permute(0, 3, 1, 2))
        spread, mean = torch.std_mean(logits[0])
        network.head.conv3.weight.mul_(RELIEF / spread)
        network.head.conv3.bias.sub_(mean).mul_(RELIEF / spread).add_(
            float(np.log(depth_m / (20 - depth_m))))
    network.save_pretrained(tmp_path)
    camera = Intrinsics.centred(448, 336, 400.0)
    odometry = VisualOdometry(OdometryConfig(depth=f'transformers:{tmp_path}', device='cpu',
                                             intrinsics='given'))
    estimate = None
    for index in range(7):
        nearer = 1 / (1 - 0.01 * index)     # by a hundredth of the way per frame
        picture = cv2.warpAffine(wall, np.array([
            [nearer, 0, camera.cx * (1 - nearer)], [0, nearer, camera.cy * (1 - nearer)]]),
                                 (448, 336))
        estimate = odometry.process(Frame(index / 30, picture, intrinsics=camera))
    assert estimate is not None
    assert (estimate.status, estimate.scale_source) == (TrackingState.TRACKING, 'depth')
    np.testing.assert_allclose(estimate.T_odom_camera[:3, 3], (0.06 * depth_m, 0, 0),
                               atol=0.01 * depth_m)


@pytest.fixture(scope='session')
def unimatch(torchvision_loads: object) -> Any:  # noqa: ANN401
    del torchvision_loads
    return pytest.importorskip('ptlflow').get_model('unimatch_sc2_ref6').eval()


@pytest.mark.slow
def test_one_download_is_enough_for_the_flow_of_the_paper(
        unimatch: Any, tmp_path: Path) -> None:  # noqa: ANN401
    import torch

    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    file = tmp_path / 'pytorch_model.bin'
    inside = {f'image_processor.unimatch.{name}': value
              for name, value in unimatch.state_dict().items()}
    torch.save({'model': {**inside, 'pose_predictor.any': torch.zeros(1)}}, file)
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    found = make_flow('ptlflow:unimatch_sc2_ref6', 'cpu', str(file)).both_ways(*images)
    expected = ptlflow_flow('unimatch_sc2_ref6', torch.device('cpu'),
                            unimatch.state_dict()).both_ways(*images)
    np.testing.assert_array_equal(found[0], expected[0])
    inside.popitem()
    torch.save({'model': inside}, file)
    with pytest.raises(WeightsError, match=r'(?s)not those of ptlflow:unimatch.*Missing key'):
        make_flow('ptlflow:unimatch_sc2_ref6', 'auto', str(file))
