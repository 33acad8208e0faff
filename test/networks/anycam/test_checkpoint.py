# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of weights: what is taken, and what is refused with which words."""

from collections.abc import Callable
import os
from pathlib import Path
import pickle

import pytest
from small_network import make_small_network, random_window, SMALL
import torch
from torch import Tensor

from anycam_ros.errors import WeightsError
from anycam_ros.networks.anycam import AnyCam, load_checkpoint, NetworkConfig, save_checkpoint
from anycam_ros.networks.anycam.checkpoint.official_names import with_official_names
from anycam_ros.weights.weights_file import embedded_weights

pytestmark = pytest.mark.slow

Weights = dict[str, Tensor]


@pytest.fixture(scope='module')
def published() -> Weights:
    """Return random weights of the published size under their official names."""
    with torch.device('meta'):
        network = AnyCam()
    return {name: torch.rand(weight.shape) for name, weight in with_official_names(
        network.state_dict(), network.config).items()}


def named(weights: Weights, prefix: str) -> Weights:
    return {prefix + name: weight for name, weight in weights.items()}


LAYOUTS: dict[str, Callable[[Weights], object]] = {
    'training checkpoint': lambda weights: {
        'trainer': {'epoch': 3}, 'optimizer': {'state': {0: {'step': torch.tensor(1.0)}}},
        'model': named(weights, 'pose_predictor.')
        | {'depth_predictor.model.bias': torch.zeros(2),
           'image_processor.unimatch.backbone.weight': torch.ones(3)}},
    'of several GPUs': lambda weights: {'model': named(weights, 'module.pose_predictor.')},
    'wrapped inside': lambda weights: {'model': named(weights, 'pose_predictor.module.')},
    'bare with prefix': lambda weights: named(weights, 'pose_predictor.'),
    'bare': lambda weights: weights,
    'half precision': lambda weights: {name: w.half() for name, w in weights.items()},
}


@pytest.mark.parametrize('layout', LAYOUTS)
def test_every_official_layout_loads(layout: str, published: Weights, tmp_path: Path) -> None:
    path = tmp_path / 'pytorch_model.bin'
    torch.save(LAYOUTS[layout](published), path)
    network = load_checkpoint(path)
    assert not network.training
    tolerance = 1e-3 if layout == 'half precision' else 0.0
    for name, weight in with_official_names(network.state_dict(), network.config).items():
        assert weight.dtype == torch.float32
        torch.testing.assert_close(weight, published[name], rtol=tolerance, atol=tolerance)


def test_our_own_file_brings_its_sizes(network: AnyCam, tmp_path: Path) -> None:
    pytest.importorskip('safetensors')
    save_checkpoint(network, tmp_path / 'small.safetensors')
    other = load_checkpoint(str(tmp_path / 'small.safetensors'))
    assert other.config == SMALL
    inputs = random_window(1, 2, 42, 42)
    with torch.inference_mode():
        assert torch.equal(other(**inputs).poses, network(**inputs).poses)


def test_weights_of_the_priors_come_along(published: Weights, tmp_path: Path) -> None:
    path = tmp_path / 'checkpoint.pt'
    torch.save(LAYOUTS['training checkpoint'](published), path)
    found = embedded_weights(path, 'image_processor.unimatch.')
    assert list(found) == ['backbone.weight']
    assert torch.equal(found['backbone.weight'], torch.ones(3))
    assert embedded_weights(path, 'flow.') == {}


def test_the_configuration_beside_the_weights_counts(published: Weights, tmp_path: Path) -> None:
    path = tmp_path / 'pytorch_model.bin'
    torch.save(published, path)
    config = tmp_path / 'config.yaml'
    config.write_text('model: {pose_predictor: {type: anycam, focal_min: 0.3, '
                      'pose_token_partial_dropout: 0.1}}')
    network = load_checkpoint(path)
    assert network.config == NetworkConfig(smallest_focal=0.3, token_dropout=0.1)
    config.write_text('learning_rate: 1')
    assert load_checkpoint(path).config == NetworkConfig()
    config.write_text('model: {pose_predictor: {rotation_parameterization: quaternion}}')
    with pytest.raises(WeightsError, match="rotation_parameterization is 'quaternion', not 'axi"):
        load_checkpoint(path)
    config.write_text('a: [')
    with pytest.raises(WeightsError, match='cannot be read'):
        load_checkpoint(path)


class Payload:
    """Would make a folder when unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_file_with_code_is_refused_and_not_run(published: Weights, tmp_path: Path) -> None:
    made = tmp_path / 'made'
    path = tmp_path / 'evil.pt'
    torch.save({'model': published, 'trainer': Payload(made)}, path)
    with pytest.raises(WeightsError, match='could run code'):
        load_checkpoint(path)
    path.write_bytes(pickle.dumps(Payload(made)))
    with pytest.raises(WeightsError, match='could run code'):
        load_checkpoint(path)
    assert not made.exists()


def test_names_and_shapes_that_do_not_fit_are_listed(published: Weights, tmp_path: Path) -> None:
    weights = dict(published)
    del weights['head.conv1.bias']
    weights['head.conv4.bias'] = torch.zeros(1)
    weights['pose_head.proj1.weight'] = torch.zeros(6, 64)
    weights['sequence_token'] = torch.full((1, 1, 128), torch.nan)
    weights['backbone.layernorm.bias'] = torch.zeros(384, dtype=torch.int64)
    torch.save(weights, tmp_path / 'other.pt')
    with pytest.raises(WeightsError) as refused:
        load_checkpoint(tmp_path / 'other.pt')
    for told in ('1 missing: head.conv1.bias', '1 unexpected: head.conv4.bias',
                 'pose_head.proj1.weight (6, 64), not (192, 64)',
                 '1 not finite: sequence_token',
                 '1 of no floating-point type: backbone.layernorm.bias', 'anycam weights'):
        assert told in str(refused.value)


def test_another_network_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / 'linear.pt')
    with pytest.raises(WeightsError, match=r'of 426 .* 0 are there.*and 406 more'):
        load_checkpoint(tmp_path / 'linear.pt')


def cut(path: Path, share: float) -> bytes:
    content = path.read_bytes()
    return content[:int(share * len(content))]


def test_a_file_that_was_cut_off_is_refused(network: AnyCam, tmp_path: Path) -> None:
    pytest.importorskip('safetensors')
    torch.save(network.state_dict(), tmp_path / 'whole.pt')
    save_checkpoint(network, tmp_path / 'whole.safetensors')
    for name, share in (('whole.pt', 0.5), ('whole.pt', 0.999), ('whole.safetensors', 0.9),
                        ('whole.safetensors', 0.01)):
        path = tmp_path / 'cut'
        path.write_bytes(cut(tmp_path / name, share))
        with pytest.raises(WeightsError, match=r'cut off|damaged'):
            load_checkpoint(path)


@pytest.mark.parametrize(('content', 'message'), [
    (b'<!DOCTYPE html><html>Log in</html>', 'web page'),
    (b'\n  <html>', 'web page'),
    (b'version https://git-lfs.github.com/spec/v1\noid sha256:4b2f', 'git lfs pull'),
    (b'\x1f\x8b\x08\x00', 'unpack it'),
    (b'', 'neither a PyTorch file nor safetensors'),
    (b'hello', 'neither a PyTorch file nor safetensors')])
def test_what_is_no_file_of_weights_is_named(content: bytes, message: str,
                                             tmp_path: Path) -> None:
    path = tmp_path / 'pytorch_model.bin'
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        load_checkpoint(path)


@pytest.mark.parametrize('content', [[1, 2], {'model': 3}, {'weights': {}}, {}])
def test_a_file_without_a_state_dict_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / 'other.pt')
    with pytest.raises(WeightsError, match='holds no state dict'):
        load_checkpoint(tmp_path / 'other.pt')


def test_a_missing_file_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / 'none.pt', tmp_path):
        with pytest.raises(WeightsError, match='is no file'):
            load_checkpoint(path)


def test_sizes_from_another_version_are_refused(network: AnyCam, tmp_path: Path) -> None:
    safetensors = pytest.importorskip('safetensors.torch')
    weights = with_official_names(make_small_network().state_dict(), SMALL)
    for text, message in (('{"wings": 2}', 'wings'), ('{"layers": 0}', 'feature_layers'),
                          ('{', 'impossible'), ('[1]', 'impossible')):
        safetensors.save_file(weights, tmp_path / 'odd.safetensors',
                              {'anycam_ros.network_config': text})
        with pytest.raises(WeightsError, match=message):
            load_checkpoint(tmp_path / 'odd.safetensors')
    assert network.config == SMALL
