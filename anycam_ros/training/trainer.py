# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Train a task: steps, log, validation, checkpoints, from wherever an earlier run stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
import sys
import time

import torch
from tqdm import tqdm

from anycam_ros.errors import OutputError, TrainingError
from anycam_ros.training.batches import load_batches
from anycam_ros.training.checkpoints import Checkpoints, read_checkpoint
from anycam_ros.training.config import identity, TrainingConfig
from anycam_ros.training.distributed import Group, process_group
from anycam_ros.training.log import CsvLog
from anycam_ros.training.schedule import learning_rate
from anycam_ros.training.state import TrainingState
from anycam_ros.training.step import Objective, set_generators, take_step
from anycam_ros.training.stopping import stop_request, StopRequest
from anycam_ros.training.task import find_task, MakeTask, Sample, Task
from anycam_ros.training.weights import put_weights, read_trained_weights, write_weights

MOST_SKIPPED_IN_A_ROW = 10
TRAINING_LOG, VALIDATION_LOG, CHECKPOINTS = 'training.csv', 'validation.csv', 'checkpoints'


class Ending(Enum):
    """Say why a run ended."""

    FINISHED = 'all steps are done'
    TIME_OVER = 'limit_minutes are over'
    INTERRUPTED = 'it was interrupted'


@dataclass(frozen=True)
class Result:
    """Hold how a run ended, after how many steps of the whole training."""

    ending: Ending
    step: int


def train(config: TrainingConfig, make_task: MakeTask | None = None,
          finetune: Path | None = None) -> Result:
    """Train until all steps are done, the time is over or a signal comes.

    Goes on from the last checkpoint in the output folder. make_task takes the place of the task
    that the configuration names, finetune gives the first weights: a checkpoint or a file of
    weights. Raises ConfigError for a checkpoint of another configuration, WeightsError for one
    that is damaged, OutputError where something cannot be written, TrainingError when ten steps
    in a row have no finite loss and gradient.
    """
    make_task = make_task or find_task(config.task)
    with stop_request(config.limit_minutes) as stop, process_group() as group:
        set_generators(config.seed, 0, 0)      # of the first weights: the same in all processes
        with group.first_alone():              # the first may fill a cache on disk
            task = make_task(config.options, group.device)
            samples = task.samples()
        task.network.to(group.device)
        trainer = Trainer(config, task, group, stop, finetune)
        if not trainer.resume():
            return Result(Ending.FINISHED, trainer.state.step)
        batches = load_batches(samples, config, group, trainer.state.step)
        with tqdm(batches, total=config.steps, initial=trainer.state.step, unit='step',
                  disable=None if group.is_first else True, dynamic_ncols=True) as bar:
            ending = trainer.run(bar)
        trainer.finish(ending)
        return Result(ending, trainer.state.step)


class Trainer:
    """Hold a training while it runs."""

    def __init__(self, config: TrainingConfig, task: Task, group: Group,
                 stop: StopRequest, finetune: Path | None) -> None:
        """Start at step 0."""
        self.state = TrainingState(task.network, config)
        self._config, self._task, self._group, self._stop = config, task, group, stop
        self._objective = group.wrap(Objective(task))
        self._finetune, self._identity = finetune, identity(config, finetune)
        self._output = Path(config.output)
        self._checkpoints = Checkpoints(self._output / CHECKPOINTS)
        self._figures: dict[str, float] = {}
        self._validated_step = -1

    def resume(self) -> bool:
        """Go to the last checkpoint, or to the weights to start from; return whether steps remain.

        The logs are cut back to that step.
        """
        finetune, path = self._finetune, self._group.from_first(self._checkpoints.newest)
        if path is not None:
            self.state.load(self._group.from_first(lambda: read_checkpoint(path)),
                            self._identity, path)
            self._say(f'goes on from {path}')
        elif finetune is not None:
            weights = self._group.from_first(
                lambda: read_trained_weights(finetune, self._config.task))
            put_weights(self._task.network, weights, finetune)
            put_weights(self.state.averaged.network, weights, finetune)
            self._say(f'starts from the weights in {finetune}')
        self._start_s = time.monotonic() - self.state.seconds
        self._checkpoint_s = time.monotonic()
        if self.state.step == self._config.steps:
            self._say(f'all {self.state.step} steps are done: the weights are in {self._output}')
            return False
        if self._group.is_first:
            self._open_logs()
        return True

    def _open_logs(self) -> None:
        try:
            self._output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f'{self._output} cannot be made: {error.strerror}. Choose another '
                              'folder with --output.') from error
        self._log = CsvLog(self._output / TRAINING_LOG, self.state.step)
        self._validation_log = CsvLog(self._output / VALIDATION_LOG, self.state.step)

    def run(self, batches: Iterable[Sample]) -> Ending:
        """Go through the batches of all steps that remain; return why it ends."""
        for batch in batches:
            take_step(self._objective, self.state, batch, self._config, self._group)
            self.state.seconds = time.monotonic() - self._start_s
            self._stop_if_broken()
            if self._group.is_first:
                self._write()
            if self.state.step < self._config.steps:
                if self._group.any(self._stop.was_interrupted):
                    return Ending.INTERRUPTED
                if self._group.any(self._stop.is_time_over):
                    return Ending.TIME_OVER
        return Ending.FINISHED

    def finish(self, ending: Ending) -> None:
        """Write the last checkpoint and, where the run was not interrupted, the weights."""
        if self._group.is_first:
            path = self._output
            if ending is not Ending.INTERRUPTED:
                self._validate()
                figures = {'step': self.state.step, 'skipped': self.state.skipped,
                           **self._figures}
                path = write_weights(self.state.averaged.network, self._config, figures, path,
                                     self._finetune)
            self._save()     # comes last: a checkpoint of the last step says that all is written
            more = '' if ending is Ending.FINISHED else '; the same command goes on from there'
            self._say(f'{ending.value} at step {self.state.step}, {self.state.skipped} skipped: '
                      f'see {path}{more}')
        self._group.wait()

    def _write(self) -> None:
        """Write what is due after a step; the checkpoint last, as the logs are cut back to it."""
        step = self.state.step
        if step % self._config.log_steps == 0:
            self._log.append({
                'step': step, 'seconds': round(self.state.seconds, 1),
                'learning_rate': learning_rate(self._config, step - 1),
                **self.state.means.take(), 'skipped': self.state.skipped})
        if step % self._config.validate_steps == 0:
            self._validate()
        is_due = time.monotonic() - self._checkpoint_s >= self._config.checkpoint_minutes * 60
        # Should the bad steps go on, those before them are the ones to return to.
        if is_due and self.state.skipped_in_a_row == 0:
            self._save()
            self._checkpoint_s = time.monotonic()

    def _validate(self) -> None:
        if self._validated_step == self.state.step:
            return
        with torch.no_grad():
            figures = self._task.validate(self.state.averaged.network.eval())
        # YAML refuses the floating-point numbers of NumPy.
        self._figures = {name: float(value) for name, value in figures.items()}
        self._validated_step = self.state.step
        self._validation_log.append({'step': self.state.step,
                                     'seconds': round(self.state.seconds, 1), **self._figures})

    def _save(self) -> None:
        self._checkpoints.save(self.state.content(self._identity))

    def _stop_if_broken(self) -> None:
        if self.state.skipped_in_a_row < MOST_SKIPPED_IN_A_ROW:
            return
        newest = self._checkpoints.newest()
        kept = 'There is no checkpoint yet.' if newest is None else f'{newest} is kept.'
        raise TrainingError(
            f'the loss or its gradient was not finite in {MOST_SKIPPED_IN_A_ROW} steps in a row, '
            f'up to step {self.state.step}. {kept} Lower learning_rate or clip_norm, set amp to '
            'off, or check the data.')

    def _say(self, text: str) -> None:
        if self._group.is_first:
            tqdm.write(f'anycam: {text}', file=sys.stderr)
