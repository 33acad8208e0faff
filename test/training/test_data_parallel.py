# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training in two processes, which torchrun starts, equals that in one."""

from dataclasses import replace
from pathlib import Path
import signal

import numpy as np
import pytest

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

from anycam_ros.errors import ConfigError  # noqa: E402
from anycam_ros.training.batches import StepBatches  # noqa: E402
from anycam_ros.training.checkpoints import read_checkpoint  # noqa: E402
from anycam_ros.training.distributed import Group  # noqa: E402
from anycam_ros.training.trainer import train  # noqa: E402

TWO_PROCESSES = '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node=2'


def assert_close(found: Path, expected: Path) -> None:
    for log in ('training.csv', 'validation.csv'):
        ours, theirs = rows(found, log), rows(expected, log)
        assert len(ours) == len(theirs) > 3
        for row, other in zip(ours, theirs, strict=True):
            assert row.keys() == other.keys()
            np.testing.assert_allclose([float(value) for value in row.values()],
                                       [float(value) for value in other.values()], rtol=1e-5)


@pytest.mark.slow
def test_two_processes_reach_the_losses_of_one(tmp_path: Path) -> None:
    # Statistics of half a batch are not those of the batch.
    config = config_with(tmp_path / 'two', {'batch_norm': False, 'nan_steps': [4]},
                         checkpoint_minutes=0.0)
    with start(write(config, tmp_path), *TWO_PROCESSES) as process:
        assert process.wait(300) == 0
    train(replace(config, output=str(tmp_path / 'one')), make_task)
    assert_close(tmp_path / 'two', tmp_path / 'one')
    names = {file.name for file in (tmp_path / 'two').rglob('*') if file.is_file()}
    assert names == {'training.csv', 'validation.csv', 'regression.safetensors',
                     'regression.yaml', 'step_000000039.pt', 'step_000000040.pt'}


@pytest.mark.slow
def test_two_processes_stop_together_and_go_on(tmp_path: Path) -> None:
    config = config_with(tmp_path / 'two', {'batch_norm': False, 'pause_s': 0.02}, steps=150)
    file = write(config, tmp_path)
    with start(file, *TWO_PROCESSES) as process:
        wait_for_rows(process, tmp_path / 'two', 5)
        process.send_signal(signal.SIGTERM)
        process.wait(300)
    newest, = (tmp_path / 'two/checkpoints').iterdir()
    assert 10 <= read_checkpoint(newest)['step'] < 150
    with start(file, *TWO_PROCESSES) as process:
        assert f'goes on from {newest}' in process.communicate(timeout=300)[1]
        assert process.returncode == 0
    train(replace(config, output=str(tmp_path / 'one')), make_task)
    assert_close(tmp_path / 'two', tmp_path / 'one')


def test_the_shares_of_all_processes_are_the_batch() -> None:
    config = config_with(Path(), batch_size=12)
    cpu = torch.device('cpu')
    whole = list(StepBatches(50, config, Group(0, 1, cpu), 0))
    shares = [list(StepBatches(50, config, Group(rank, 3, cpu), 0)) for rank in range(3)]
    assert whole == [[*first, *second, *third]
                     for first, second, third in zip(*shares, strict=True)]


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(ConfigError, match='batch_size is 6; allowed: a multiple of the 4'):
        StepBatches(50, config_with(Path()), Group(0, 4, torch.device('cpu')), 0)
