# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam train` as a user calls it."""

from pathlib import Path
import signal
import threading

import pytest
import yaml

torch = pytest.importorskip('torch', reason='PyTorch is not installed')
pytest.importorskip('safetensors', reason='safetensors is not installed')

from regression_task import make_task, rows  # noqa: E402

from anycam_ros.cli import main  # noqa: E402
from anycam_ros.training.task import TASKS  # noqa: E402

CONFIG = """\
task: regression
steps: 20
batch_size: 5
warmup_steps: 2
log_steps: 5
workers: 0
options:
  samples: 30
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a configuration file of a task that the package has for the time of a test."""
    monkeypatch.setitem(TASKS, 'regression', make_task)
    file = tmp_path / 'train.yaml'
    file.write_text(CONFIG)
    return file


def test_a_training_and_one_that_goes_on_from_its_weights(
        config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / 'first', tmp_path / 'second'
    assert main(['train', str(config), '--output', str(first)]) == 0
    assert len(rows(first)) == 4
    assert main(['train', str(config), '--output', str(second), '--finetune',
                 str(first / 'regression.safetensors'), '--data', 'bags', 'a.mp4']) == 0
    assert 'starts from the weights in' in capsys.readouterr().err
    origin = yaml.safe_load((second / 'regression.yaml').read_text())
    assert origin['config']['options'] == {'samples': 30, 'data': ['bags', 'a.mp4']}
    assert origin['finetune'] == str(first / 'regression.safetensors')


@pytest.mark.parametrize(('changed', 'message'), [
    ('task: regresion', "task is 'regresion'; allowed: one of 'anycam', 'motion_weights', 'reg"),
    ('stepps: 3', "sets 'stepps'; allowed keys: task, "),
    ('clip_norm: -1', 'clip_norm is -1; allowed: float, at least 0'),
])
def test_wrong_configurations_end_with_code_2(
        config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: str,
        message: str) -> None:
    config.write_text(CONFIG + changed + '\n')
    assert main(['train', str(config), '--output', str(tmp_path / 'out')]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_an_output_that_is_no_folder_is_refused(
        config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['train', str(config), '--output', str(config)]) == 2
    assert 'cannot be made: ' in capsys.readouterr().err


def test_an_interrupted_training_ends_with_code_130(
        config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG + '  pause_s: 0.1\n')
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    before = signal.getsignal(signal.SIGINT)
    timer.start()
    assert main(['train', str(config), '--output', str(tmp_path / 'out')]) == 130
    assert 'the same command goes on from there' in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
    assert main(['train', str(config), '--output', str(tmp_path / 'out')]) == 0
    assert len(rows(tmp_path / 'out')) == 4
