# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network without the reference: sizes, names, and shortcuts that must change nothing."""

from dataclasses import replace
import json
import math
from pathlib import Path

import pytest
from small_network import make_small_network, random_window, SMALL
import torch
from torch.nn import functional

from anycam_ros.errors import ConfigError, FrameError
from anycam_ros.networks.anycam import AnyCam, NetworkConfig
from anycam_ros.networks.anycam.checkpoint.official_names import (
    official_names,
    with_official_names,
)
from anycam_ros.networks.anycam.inputs.frame_inputs import stack_channels

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(('height', 'width'), [(42, 42), (56, 84), (50, 71), (15, 33)])
def test_any_size_gives_outputs_of_its_size(network: AnyCam, height: int, width: int) -> None:
    with torch.inference_mode():
        out = network(**random_window(2, 3, height, width))
    assert out.poses.shape == (2, 2, SMALL.candidates, 4, 4)
    assert out.focal_log_probs.shape == (2, SMALL.candidates)
    assert out.uncertainty(2).shape == (2, 3, height, width)
    assert out.uncertainty().shape == (2, 3, SMALL.candidates, height, width)


def test_poses_are_rigid_motions(network: AnyCam) -> None:
    with torch.inference_mode():
        poses = network(**random_window(1, 3, 42, 42)).poses
    R = poses[..., :3, :3]
    torch.testing.assert_close(R @ R.transpose(-1, -2), torch.eye(3).expand_as(R), atol=1e-6,
                               rtol=0)
    assert (R.det() > 0).all()
    assert (poses[..., 3, :] == torch.tensor([0.0, 0.0, 0.0, 1.0])).all()
    assert (poses[..., :3, 3].abs().amax((0, 1)) > 1e-4).all()


def test_probabilities_sum_to_one_and_candidates_ascend() -> None:
    with torch.inference_mode():
        out = make_small_network()(**random_window(1, 2, 42, 42))
    assert float(out.focal_log_probs.exp().sum()) == pytest.approx(1.0, abs=1e-6)
    candidates = AnyCam(NetworkConfig(layers=4, feature_layers=(1, 2, 3, 4))).focal_candidates
    assert (candidates.diff() > 0).all()
    # Equations 11-14 count in image heights: from 0.1 to 3.5.
    assert (candidates[0] / 2).item() == pytest.approx(0.1, abs=1e-6)
    assert (candidates[-1] / 2).item() == pytest.approx(3.5, abs=1e-5)
    share = 1 / 31
    second = 0.75 * 0.1 * math.exp(share * math.log(35)) + 0.25 * (0.1 + share * 3.4)
    assert (candidates[1] / 2).item() == pytest.approx(second, abs=1e-6)


def test_one_candidate_is_the_same_as_it_is_among_all(network: AnyCam) -> None:
    with torch.inference_mode():
        out = network(**random_window(2, 2, 50, 71))
    together = out.uncertainty()
    for candidate in (0, 3, -1):
        torch.testing.assert_close(out.uncertainty(candidate), together[:, :, candidate])
    assert not torch.allclose(together[:, :, 0], together[:, :, 1], atol=1e-3)
    with pytest.raises(IndexError):
        out.uncertainty(SMALL.candidates)


def test_a_frame_without_patches_has_the_same_token(network: AnyCam) -> None:
    frames = {name: value[0] for name, value in random_window(1, 3, 56, 42).items()}
    with torch.inference_mode():
        short, full = (network.encode(**frames, with_patches=wanted) for wanted in (False, True))
    torch.testing.assert_close(short.token, full.token)
    assert short.patches == ()
    assert len(full.patches) == 4


def test_projecting_before_resizing_is_as_good_as_after(network: AnyCam) -> None:
    level = network.uncertainty_branch.fusion[1]
    image, coarser = torch.randn(2, 1, SMALL.fusion_channels, 6, 7)
    with torch.inference_mode():
        fused = level.fused_unit(coarser + level.level_unit(image))
        after = level.project(functional.interpolate(fused, (12, 13), mode='bilinear',
                                                     align_corners=True))
        torch.testing.assert_close(level(image, coarser, (12, 13)), after)


def test_every_input_and_every_frame_matters(network: AnyCam) -> None:
    inputs = random_window(1, 3, 42, 42)
    with torch.inference_mode():
        poses = network(**inputs).poses
        for name, value in inputs.items():
            for frame in range(3):
                changed = value.clone()
                changed[:, frame] += 0.3
                other = network(**{**inputs, name: changed}).poses
                assert (other - poses).abs().amax() > 1e-6, (name, frame)


def test_sides_are_raised_to_whole_patches(network: AnyCam) -> None:
    inputs = {name: value[0] for name, value in random_window(1, 2, 29, 42).items()}
    stacked = stack_channels(**inputs, patch_size=14)
    assert stacked.shape == (2, 6, 42, 42)
    # Colour is interpolated, flow and depth are not.
    assert set(stacked[:, 3:].flatten().tolist()) <= set(
        torch.cat([inputs['flow'], inputs['depth']], dim=1).flatten().tolist())
    torch.testing.assert_close(
        stacked[:, :3, 0] * torch.tensor([0.229, 0.224, 0.225])[:, None]
        + torch.tensor([0.485, 0.456, 0.406])[:, None], inputs['images'][:, :, 0])
    assert network.config.patch_size == 14


def test_names_relate_one_to_one() -> None:
    for config in (SMALL, NetworkConfig()):
        names = official_names(config)
        with torch.device('meta'):
            assert set(names) == set(AnyCam(config).state_dict())
        assert len(set(names.values())) == len(names)


def test_names_are_those_of_the_official_checkpoint(parity_dir: Path) -> None:
    manifest = json.loads((parity_dir / 'anycam_state_dict_manifest.json').read_text('utf-8'))
    with torch.device('meta'):
        network = AnyCam()
    official = with_official_names(network.state_dict(), network.config)
    assert {name: list(weight.shape) for name, weight in official.items()} == {
        name: entry['shape'] for name, entry in manifest['entries'].items()}


@pytest.mark.parametrize('prefix', [
    '', 'module.', 'pose_predictor.', 'module.pose_predictor.', 'pose_predictor.module.'])
def test_weights_load_under_every_name(network: AnyCam, prefix: str) -> None:
    inputs = random_window(1, 2, 42, 42)
    weights = network.state_dict()
    for state in (weights, with_official_names(weights, SMALL)):
        other = make_small_network(seed=2)
        with torch.inference_mode():
            assert not torch.equal(other(**inputs).poses, network(**inputs).poses)
            named = {prefix + name: weight for name, weight in state.items()}
            if 'pose_predictor' in prefix:     # the whole model holds other networks, too
                named['depth_predictor.bias'] = torch.zeros(1)
            other.load_state_dict(named)
            assert torch.equal(other(**inputs).poses, network(**inputs).poses)


def test_weights_that_do_not_fit_are_refused_by_name(network: AnyCam) -> None:
    state = with_official_names(network.state_dict(), SMALL)
    state['sequence_toke'] = state.pop('sequence_token')
    with pytest.raises(RuntimeError, match=r'(?s)interframe.sequence_token.*sequence_toke"'):
        make_small_network().load_state_dict(state)


def test_unused_weights_change_nothing(network: AnyCam) -> None:
    inputs, other = random_window(1, 2, 42, 42), make_small_network()
    with torch.inference_mode():
        for weight in other.unused.parameters():
            weight.fill_(1e6)
        assert torch.equal(other(**inputs).poses, network(**inputs).poses)
        assert torch.equal(other(**inputs).uncertainty(1), network(**inputs).uncertainty(1))


def test_dropout_of_training_weakens_tokens_at_inference(network: AnyCam) -> None:
    weakened = make_small_network(config=replace(SMALL, token_dropout=0.5))
    tokens = torch.randn(1, 3, SMALL.fusion_channels)
    with torch.inference_mode():
        torch.testing.assert_close(weakened.predict(2 * tokens).poses,
                                   network.predict(tokens).poses)


@pytest.mark.parametrize(('change', 'message'), [
    ({'depth': (1, 2, 1, 42, 56)}, 'depth is (1, 2, 1, 42, 56)'),
    ({'flow': (1, 2, 3, 42, 42)}, 'flow is (1, 2, 3, 42, 42)'),
    ({'images': (2, 3, 42, 42)}, 'images is (2, 3, 42, 42)'),
    ({'images': (1, 1, 3, 42, 42), 'flow': (1, 1, 2, 42, 42), 'depth': (1, 1, 1, 42, 42)},
     '1 frame')])
def test_inputs_that_do_not_fit_are_refused(network: AnyCam, change: dict[str, tuple[int, ...]],
                                            message: str) -> None:
    inputs = random_window(1, 2, 42, 42)
    inputs |= {name: torch.zeros(shape) for name, shape in change.items()}
    with pytest.raises(FrameError) as refused:
        network(**inputs)
    assert message in str(refused.value)


@pytest.mark.parametrize('change', [
    {'feature_layers': (1, 2, 3)}, {'feature_layers': (1, 3, 2, 4)}, {'channels': 15},
    {'neck_channels': (1, 2, 3)}, {'fusion_channels': 18}, {'candidates': 1},
    {'smallest_focal': 8.0}, {'token_dropout': 1.0}])
def test_sizes_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))):
        replace(SMALL, **change)
