# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training that was killed, interrupted or out of time goes on as if it had not been."""

from collections.abc import Iterator
from pathlib import Path
import signal
import subprocess
from typing import Any

import pytest
import yaml

torch = pytest.importorskip('torch', reason='PyTorch is not installed')
pytest.importorskip('safetensors', reason='safetensors is not installed')

from regression_task import (  # noqa: E402
    config_with,
    make_task,
    rows,
    start,
    wait_for_rows,
    write,
)

from anycam_ros.errors import ConfigError, WeightsError  # noqa: E402
from anycam_ros.training.checkpoints import read_checkpoint  # noqa: E402
from anycam_ros.training.config import TrainingConfig  # noqa: E402
from anycam_ros.training.trainer import Ending, train  # noqa: E402

STEPS = 120


@pytest.fixture(scope='module')
def options() -> dict[str, Any]:
    return {'dropout': 0.3, 'pause_s': 0.01, 'nan_steps': [7, 50, 51, 90]}


@pytest.fixture(scope='module')
def whole(tmp_path_factory: pytest.TempPathFactory, options: dict[str, Any]) -> Path:
    """Return the output of a training that was not interrupted."""
    output: Path = tmp_path_factory.mktemp('whole')
    train(config_with(output, options, steps=STEPS), make_task)
    return output


@pytest.fixture
def stopped(tmp_path: Path, options: dict[str, Any], whole: Path,
            ) -> Iterator[tuple[TrainingConfig, subprocess.Popen[str]]]:
    """Give a training with the same configuration that runs, and is killed in the end."""
    del whole
    config = config_with(tmp_path / 'out', options, steps=STEPS, checkpoint_minutes=0.002,
                         workers=1)
    with start(write(config, tmp_path)) as process:
        wait_for_rows(process, tmp_path / 'out', 20)
        yield config, process


def assert_equal_in_the_end(config: TrainingConfig, whole: Path) -> None:
    assert train(config, make_task).step == STEPS
    output = Path(config.output)
    assert rows(output) == rows(whole)
    assert rows(output, 'validation.csv') == rows(whole, 'validation.csv')
    name = f'checkpoints/step_{STEPS:09d}.pt'
    ended, expected = read_checkpoint(output / name), read_checkpoint(whole / name)
    assert ended['skipped'] == expected['skipped'] == 4
    for part in ('network', 'averaged'):
        for weight, value in expected[part].items():
            assert torch.equal(ended[part][weight], value), (part, weight)


@pytest.mark.slow
def test_killed_training_ends_like_one_that_was_not(
        stopped: tuple[TrainingConfig, subprocess.Popen[str]], whole: Path) -> None:
    config, process = stopped
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = rows(Path(config.output))
    assert 20 <= len(before) < STEPS // 2
    assert_equal_in_the_end(config, whole)


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_goes_on_from_the_step_it_was_at(
        stopped: tuple[TrainingConfig, subprocess.Popen[str]], whole: Path,
        number: signal.Signals) -> None:
    config, process = stopped
    process.send_signal(number)
    message = process.communicate(timeout=300)[1]
    assert process.returncode == 0
    assert f'{number.name}: stopping after this step' in message
    assert 'the same command goes on from there' in message
    output = Path(config.output)
    newest = read_checkpoint(max(output.glob('checkpoints/*.pt')))
    assert newest['step'] // 2 == len(rows(output))
    assert not (output / 'regression.safetensors').exists()
    assert_equal_in_the_end(config, whole)


def test_training_out_of_time_writes_weights_and_goes_on(
        tmp_path: Path, options: dict[str, Any], whole: Path) -> None:
    config = config_with(tmp_path, options, steps=STEPS, limit_minutes=0.005)
    result = train(config, make_task)
    assert result.ending is Ending.TIME_OVER
    assert 0 < result.step < STEPS
    figures = yaml.safe_load((tmp_path / 'regression.yaml').read_text())['figures']
    assert figures['step'] == result.step
    while result.ending is Ending.TIME_OVER:
        before, result = result.step, train(config, make_task)
        assert result.step > before
    assert rows(tmp_path) == rows(whole)


def test_finished_training_is_left_alone(
        whole: Path, options: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    files = {file: file.stat().st_mtime_ns for file in whole.rglob('*') if file.is_file()}
    assert train(config_with(whole, options, steps=STEPS), make_task).step == STEPS
    assert 'all 120 steps are done' in capsys.readouterr().err
    assert {file: file.stat().st_mtime_ns for file in files} == files


def test_the_last_two_checkpoints_are_kept(tmp_path: Path) -> None:
    train(config_with(tmp_path, steps=30, checkpoint_minutes=0.0), make_task)
    assert sorted(file.name for file in (tmp_path / 'checkpoints').iterdir()) == [
        'step_000000029.pt', 'step_000000030.pt']


def test_another_configuration_is_refused_with_the_keys(whole: Path,
                                                        options: dict[str, Any]) -> None:
    changed = config_with(whole, {**options, 'dropout': 0.4}, steps=STEPS, learning_rate=0.02)
    with pytest.raises(ConfigError) as caught:
        train(changed, make_task)
    message = str(caught.value)
    assert 'learning_rate is 0.01 there and 0.02 here; ' in message
    assert 'options.dropout is 0.3 there and 0.4 here. ' in message
    assert 'steps' not in message
    assert str(whole) in message


def test_a_checkpoint_that_was_cut_off_is_refused_by_name(tmp_path: Path) -> None:
    config = config_with(tmp_path, steps=6, checkpoint_minutes=0.0)
    train(config, make_task)
    newest = tmp_path / 'checkpoints/step_000000006.pt'
    content = newest.read_bytes()
    for share in (0, 0.5, 0.99):
        newest.write_bytes(content[:int(share * len(content))])
        with pytest.raises(WeightsError, match=r'step_000000006\.pt is cut off or damaged'):
            train(config, make_task)
    newest.unlink()
    assert train(config, make_task).step == 6     # from the one before
