# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that a training writes, and trainings that start from them."""

from pathlib import Path
import subprocess

import pytest
import yaml

torch = pytest.importorskip('torch', reason='PyTorch is not installed')
pytest.importorskip('safetensors', reason='safetensors is not installed')

from regression_task import config_with, make_task, Regression, REPOSITORY, rows  # noqa: E402
from torch import Tensor  # noqa: E402

from anycam_ros.errors import WeightsError  # noqa: E402
from anycam_ros.training.checkpoints import read_checkpoint  # noqa: E402
from anycam_ros.training.trainer import train  # noqa: E402
from anycam_ros.training.weights import put_weights, read_trained_weights  # noqa: E402


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output of a training."""
    output: Path = tmp_path_factory.mktemp('trained')
    train(config_with(output, steps=60, learning_rate=0.05, ema_decay=0.9), make_task)
    return output


def final(output: Path) -> dict[str, Tensor]:
    return read_trained_weights(output / 'regression.safetensors', 'regression')


def checkpoint(output: Path) -> Path:
    return max((output / 'checkpoints').iterdir())


def test_the_weights_are_the_averaged_ones_and_reach_their_figures(trained: Path) -> None:
    weights, content = final(trained), read_checkpoint(checkpoint(trained))
    assert weights.keys() == content['averaged'].keys()
    assert all(torch.equal(weights[name], value) for name, value in content['averaged'].items())
    assert not all(torch.equal(weights[name], value)
                   for name, value in content['network'].items())
    network = Regression({}).network
    put_weights(network, weights, trained)
    with torch.no_grad():
        figures = Regression({}).validate(network.eval())
    stated = yaml.safe_load((trained / 'regression.yaml').read_text())['figures']
    assert stated == {'step': 60, 'skipped': 0, 'error': pytest.approx(figures['error'])}
    assert rows(trained, 'validation.csv')[-1] == {'step': '60',
                                                   'error': f'{stated["error"]:.9g}'}


def test_beside_them_stands_where_they_come_from(trained: Path) -> None:
    origin = yaml.safe_load((trained / 'regression.yaml').read_text())
    assert (origin['task'], origin['seed']) == ('regression', 3)
    assert origin['config']['learning_rate'] == 0.05
    assert origin['config']['options'] == {'samples': 50}
    if not (REPOSITORY / '.git').exists():
        pytest.skip('the tree is no git repository')
    commit = subprocess.run(['git', 'rev-parse', 'HEAD'], cwd=REPOSITORY, text=True, check=True,
                            capture_output=True).stdout.strip()
    assert origin['commit'].removesuffix('-dirty') == commit


@pytest.mark.parametrize('kind', ['.pt', '.safetensors'])
def test_finetuning_starts_from_weights_with_a_fresh_optimiser(
        trained: Path, tmp_path: Path, kind: str) -> None:
    start = checkpoint(trained) if kind == '.pt' else trained / 'regression.safetensors'
    config = config_with(tmp_path, learning_rate=0.0, steps=10, warmup_steps=0)
    train(config, make_task, start)
    content, expected = read_checkpoint(checkpoint(tmp_path)), final(trained)
    for part in ('network', 'averaged'):
        for name, value in content[part].items():
            assert 'running' in name or 'batches' in name or torch.equal(value, expected[name])
    assert content['step'] == 10
    assert rows(tmp_path)[0]['step'] == '2'
    assert float(rows(tmp_path)[0]['total']) < float(rows(trained)[0]['total']) / 2


def test_weights_of_another_task_or_network_are_refused(trained: Path, tmp_path: Path) -> None:
    for start in (checkpoint(trained), trained / 'regression.safetensors'):
        with pytest.raises(WeightsError, match=r"was trained for task 'regression'; weights of "
                                               r"task 'other' are needed"):
            read_trained_weights(start, 'other')
        with pytest.raises(WeightsError) as caught:
            train(config_with(tmp_path, {'hidden': 8}), make_task, start)
        assert f'{start} holds the weights of another configuration' in str(caught.value)
        assert '0.weight (16, 4), not (8, 4)' in str(caught.value)
        with pytest.raises(WeightsError, match='1 missing: unused; 5 unexpected: 1'):
            train(config_with(tmp_path, {'batch_norm': False}), make_task, start)


def test_damaged_weights_are_refused_by_name(trained: Path, tmp_path: Path) -> None:
    for name, start in (('weights.safetensors', trained / 'regression.safetensors'),
                        ('checkpoint.pt', checkpoint(trained))):
        damaged = tmp_path / name
        content = start.read_bytes()
        damaged.write_bytes(content[:len(content) // 2])
        with pytest.raises(WeightsError, match=f'{name} .*damaged'):
            train(config_with(tmp_path / 'out'), make_task, damaged)
    with pytest.raises(WeightsError, match=r'regression\.yaml'):
        train(config_with(tmp_path / 'out'), make_task, trained / 'regression.yaml')
    assert not (tmp_path / 'out').exists()
