# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: all that a training needs to go on as if it had never stopped."""

from collections.abc import Mapping
import io
from pathlib import Path
import pickle
from typing import Any

import torch

from anycam_ros.errors import OutputError, WeightsError
from anycam_ros.training.atomic_file import write_atomically

KEPT = 2
KEYS = {'identity', 'step', 'seconds', 'network', 'averaged', 'optimizer', 'skipped',
        'skipped_in_a_row', 'means'}

Content = dict[str, Any]


class Checkpoints:
    """Hold the checkpoints in a folder; the last two are kept."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is created with the first of them."""
        self._folder = folder

    def newest(self) -> Path | None:
        """Return the file of the last step, if there is any."""
        return max(self._files(), default=None)

    def save(self, content: Mapping[str, Any]) -> Path:
        """Write a checkpoint and return its file.

        Raises OutputError where it cannot be written; those before are kept.
        """
        buffer = io.BytesIO()
        torch.save(dict(content), buffer)
        path = self._folder / f'step_{content["step"]:09d}.pt'
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, buffer.getvalue())
        except OSError as error:
            raise OutputError(f'{self._folder} cannot be made: {error.strerror}. Choose another '
                              'folder with --output.') from error
        except OutputError as error:
            raise OutputError(f'{error} {self._kept()}') from error
        for file in sorted(self._files())[:-KEPT]:
            file.unlink()
        return path

    def _kept(self) -> str:
        newest = self.newest()
        return 'There is no checkpoint before it.' if newest is None else \
            f'{newest} is kept: the same command goes on from it.'

    def _files(self) -> list[Path]:
        return list(self._folder.glob('step_*.pt'))


def read_checkpoint(path: Path) -> Content:
    """Return the content of a checkpoint, on the CPU; nothing that stands in it is run.

    Raises WeightsError where it is cut off, damaged or something else.
    """
    try:
        content = torch.load(str(path), map_location='cpu', weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, KeyError, EOFError,
            OSError) as error:
        raise WeightsError(
            f'{path} is cut off or damaged, or no checkpoint ({_first_line(error)}). Without it '
            'the training goes on from the checkpoint before, if there is one.') from error
    if not isinstance(content, dict) or not content.keys() >= KEYS:
        raise WeightsError(f'{path} is no checkpoint of `anycam train`.')
    return content


def _first_line(error: Exception) -> str:
    return str(error).partition('\n')[0][:200]
