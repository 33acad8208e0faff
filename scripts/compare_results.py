#!/usr/bin/env python3
# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tell whether two commits compute the same, byte for byte, over a folder of sequences.

    scripts/compare_results.py OLD_COMMIT NEW_COMMIT DATA [--frames N] [--keep DIR]

Each commit is checked out beside the repository and run by the Python that runs this script, with
the packages that it has: every sequence in DATA (rgb/, timestamps.txt), in every mode that it has
the inputs for. What has been computed is kept in DIR and not computed again. The exit code is 1
where a result differs.
"""

import argparse
from collections.abc import Iterator
import filecmp
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
CHANGES_WITH_THE_MACHINE = {'timing.json'}


class Mode(NamedTuple):
    """Hold one way to run the odometry."""

    options: tuple[str, ...]
    needs: str = 'rgb'                  # what a sequence must have
    sequences: tuple[str, ...] = ()     # beginnings of the names; all when empty

    def fits(self, sequence: Path) -> bool:
        """Return whether a sequence can be run in this way."""
        return (sequence / self.needs).exists() \
            and (not self.sequences or sequence.name.startswith(self.sequences))


MODES = {
    'geometric': Mode(('--masks',)),
    'global': Mode(('--refine', 'global', '--cloud', '--colmap')),
    'depth': Mode(('--depth', 'topic', '--masks', '--cloud', '--colmap'), needs='depth'),
    'height': Mode(('--scale-source', 'camera_height', '--camera-height-m', '1.65'),
                   sequences=('kitti', 'airsim', 'dyn_truck')),
    'given': Mode(('--intrinsics', 'given', '--masks'),
                  sequences=('kitti', 'tum', 'sevenscenes', 'semisynth')),
}


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('old')
    parser.add_argument('new')
    parser.add_argument('data', type=Path)
    parser.add_argument('--frames', type=int, help='only so many frames of each sequence')
    parser.add_argument('--mode', choices=MODES, action='append', help='all when not given')
    parser.add_argument('--sequence', action='append', help='all when not given')
    parser.add_argument('--keep', type=Path, help='folder for results, of commits run before too')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        keep = arguments.keep or Path(scratch) / 'results'
        differing = 0
        for name, sequence in runs(arguments):
            old, new = (results_of(commit, name, sequence, Path(scratch), keep,
                                   arguments.frames)
                        for commit in (arguments.old, arguments.new))
            difference = describe_difference(old, new)
            differing += bool(difference)
            print(f'{name:10} {sequence.name:32} {difference or "same"}', flush=True)
    git('worktree', 'prune')        # the trees were in the scratch folder
    return int(differing > 0)


def git(*arguments: str | Path) -> str:
    """Return what git says, in the repository of this script."""
    return subprocess.run(['git', '-C', REPOSITORY, *arguments], capture_output=True, text=True,
                          check=True).stdout.strip()


def runs(arguments: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """Yield each mode with each sequence that it fits."""
    for name in arguments.mode or MODES:
        for sequence in sorted(path.parent for path in arguments.data.glob('*/timestamps.txt')):
            if MODES[name].fits(sequence) and sequence.name in (
                    arguments.sequence or [sequence.name]):
                yield name, sequence


def results_of(commit: str, mode: str, sequence: Path, scratch: Path, keep: Path,
               frames: int | None) -> Path:
    """Return the folder with the results of a run, made when it is not there yet."""
    revision = git('rev-parse', '--short', commit)
    output = keep / revision / f'{mode}-{frames or "all"}' / sequence.name
    if (output / 'trajectory.tum').exists():
        return output
    tree = scratch / revision
    if not tree.exists():
        git('worktree', 'add', '--quiet', '--detach', tree, revision)
    command = [sys.executable, tree / 'scripts' / 'anycam', 'odometry', sequence.resolve(),
               '--output', output, *MODES[mode].options]
    if frames:
        command += ['--frames', str(frames)]
    output.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, 'PYTHONPATH': str(tree)}
    with (output / 'run.log').open('w') as log:
        subprocess.run(command, env=environment, check=False, stdout=log, stderr=log)
    return output


def describe_difference(old: Path, new: Path) -> str:
    """Return what differs between two folders of results; empty where nothing does."""
    names = {path.relative_to(folder) for folder in (old, new) for path in folder.rglob('*')
             if path.is_file() and path.name not in CHANGES_WITH_THE_MACHINE | {'run.log'}}
    differing = sorted(str(name) for name in names if not _are_equal(old / name, new / name))
    if not differing and not names:
        return 'no results at all; see run.log'
    words = ', '.join(differing[:4]) + (f' and {len(differing) - 4} more'
                                        if len(differing) > 4 else '')
    if 'trajectory.tum' in differing:
        words += f'; {_largest_step(old, new)}'
    return words


def _are_equal(old: Path, new: Path) -> bool:
    return old.exists() and new.exists() and filecmp.cmp(old, new, shallow=False)


def _largest_step(old: Path, new: Path) -> str:
    """Say how far the paths are apart."""
    try:
        first, second = (np.loadtxt(folder / 'trajectory.tum', ndmin=2) for folder in (old, new))
    except OSError as error:
        return f'no trajectory: {error}'
    if first.shape != second.shape:
        return f'{len(first)} poses against {len(second)}'
    apart = np.linalg.norm(first[:, 1:4] - second[:, 1:4], axis=1)
    extent = np.linalg.norm(np.ptp(first[:, 1:4], axis=0))
    lengths = [np.linalg.norm(np.diff(path[:, 1:4], axis=0), axis=1).sum()
               for path in (first, second)]
    alike = np.abs((first[:, 4:8] * second[:, 4:8]).sum(axis=1))      # of unit quaternions
    turned_deg = np.degrees(2 * np.arccos(np.minimum(alike, 1.0))).max()
    return (f'positions up to {apart.max():.3g} apart, in a path that extends over {extent:.3g}; '
            f'path length {lengths[0]:.4g} against {lengths[1]:.4g}; '
            f'orientations up to {turned_deg:.2g} degrees apart')


if __name__ == '__main__':
    sys.exit(main())
