# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The log of a training: a CSV file that can be cut back to a step, and means over steps."""

from collections.abc import Mapping
import csv
import io
import math
from pathlib import Path

from anycam_ros.errors import OutputError
from anycam_ros.training.atomic_file import no_room_for, write_atomically

Row = Mapping[str, float]


class CsvLog:
    """Append rows, each with its step; a column that is new in a row is added to the file."""

    def __init__(self, path: Path, last_step: int) -> None:
        """Go on with a file after a step: the rows of later ones go."""
        self._path = path
        self._columns: list[str] = []
        self._rows: list[dict[str, str]] = []
        if path.is_file():
            with path.open(newline='', encoding='utf-8') as file:
                reader = csv.DictReader(file)
                self._columns = list(reader.fieldnames or ())
                # The last row of a run that was killed may be cut off.
                self._rows = [row for row in reader if None not in row.values()
                              and int(row['step']) <= last_step]
            self._write_all()

    def append(self, row: Row) -> None:
        """Add a row; raises OutputError where it cannot be written."""
        new = [name for name in row if name not in self._columns]
        self._rows.append({name: _text(value) for name, value in row.items()})
        if new:
            self._columns += new
            self._write_all()
            return
        try:
            with self._path.open('a', newline='', encoding='utf-8') as file:
                file.write(self._render(self._rows[-1:]))
        except OSError as error:
            raise OutputError(no_room_for(self._path, error)) from error

    def _write_all(self) -> None:
        header = self._render([dict(zip(self._columns, self._columns, strict=True))])
        write_atomically(self._path, (header + self._render(self._rows)).encode())

    def _render(self, rows: list[dict[str, str]]) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, restval='', lineterminator='\n')
        writer.writerows(rows)
        return text.getvalue()


class RunningMeans:
    """Hold the means of figures over the steps since they were last taken."""

    def __init__(self) -> None:
        """Start without any."""
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, values: Row) -> None:
        """Add the figures of one step."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """Return the means, and start anew."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def state(self) -> dict[str, dict[str, float] | dict[str, int]]:
        """Return what load() takes."""
        return {'sums': dict(self._sums), 'counts': dict(self._counts)}

    def load(self, state: Mapping[str, Mapping[str, float]]) -> None:
        """Go on from an earlier state()."""
        self._sums = dict(state['sums'])
        self._counts = {name: int(count) for name, count in state['counts'].items()}


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) or not math.isfinite(value) else f'{value:.9g}'
