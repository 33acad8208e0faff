# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Steps without a finite loss are skipped; a full disk and a run of bad steps end a training."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import resource

import pytest

torch = pytest.importorskip('torch', reason='PyTorch is not installed')
pytest.importorskip('safetensors', reason='safetensors is not installed')

from regression_task import config_with, make_task, rows  # noqa: E402

from anycam_ros.errors import OutputError, TrainingError  # noqa: E402
from anycam_ros.training.checkpoints import Checkpoints, read_checkpoint  # noqa: E402
from anycam_ros.training.trainer import train  # noqa: E402


def checkpoint(output: Path, step: int) -> dict[str, torch.Tensor]:
    content = read_checkpoint(output / f'checkpoints/step_{step:09d}.pt')
    return {f'{part}.{name}': value for part in ('network', 'averaged')
            for name, value in content[part].items()}


def test_a_step_with_nan_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    config = config_with(tmp_path, {'nan_steps': [9]}, steps=10, checkpoint_minutes=0.0)
    train(config, make_task)
    before, after = checkpoint(tmp_path, 9), checkpoint(tmp_path, 10)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert any('running_mean' in name for name in before)     # poisoned by the NaN in between
    assert [row['skipped'] for row in rows(tmp_path)] == ['0', '0', '0', '0', '1']


def test_nine_bad_steps_in_a_row_are_survived(tmp_path: Path) -> None:
    bad = [*range(5, 14), *range(15, 24)]
    train(config_with(tmp_path, {'nan_steps': bad}, learning_rate=0.1), make_task)
    assert rows(tmp_path)[-1]['skipped'] == '18'
    losses = [float(row['total']) for row in rows(tmp_path) if row['total']]
    assert losses[-1] < losses[0] / 2


def test_ten_bad_steps_in_a_row_end_the_training(tmp_path: Path) -> None:
    config = config_with(tmp_path, {'nan_steps': list(range(12, 40))})
    with pytest.raises(TrainingError, match=r'10 steps in a row, up to step 22\. '
                                            r'There is no checkpoint yet\.'):
        train(config, make_task)
    assert not (tmp_path / 'regression.safetensors').exists()


def test_the_last_good_checkpoint_is_kept(tmp_path: Path) -> None:
    config = config_with(tmp_path, {'nan_steps': list(range(12, 40))}, checkpoint_minutes=0.0)
    with pytest.raises(TrainingError, match=r'step_000000012\.pt is kept'):
        train(config, make_task)
    assert sorted(file.name for file in (tmp_path / 'checkpoints').iterdir()) == [
        'step_000000011.pt', 'step_000000012.pt']


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let every larger file fail, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / 'checkpoints')
    kept = checkpoints.save({'step': 1, 'network': {'weight': torch.ones(1000)}})
    content = kept.read_bytes()
    with largest_file(3000), pytest.raises(OutputError) as caught:
        checkpoints.save({'step': 2, 'network': {'weight': torch.ones(1000)}})
    assert 'step_000000002.pt cannot be written: ' in str(caught.value)
    assert f'{kept} is kept: the same command goes on from it.' in str(caught.value)
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]
    assert kept.read_bytes() == content


def test_a_full_disk_ends_the_training(tmp_path: Path) -> None:
    config = config_with(tmp_path, checkpoint_minutes=0.0)
    with largest_file(3000), pytest.raises(OutputError, match='There is no checkpoint before'):
        train(config, make_task)
    assert train(config, make_task).step == config.steps


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with largest_file(100), pytest.raises(OutputError, match=r'training\.csv cannot be written'):
        train(config_with(tmp_path), make_task)
