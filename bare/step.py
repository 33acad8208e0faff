# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run one step of the set-up: a line with the seconds it takes, and its output only if it fails.

Usage: step.py LOG TITLE COMMAND [ARGUMENT...]
"""

from pathlib import Path
import subprocess
import sys
import time

QUIET_S = 2.0
TAIL_LINES = 25


def main(log: Path, title: str, command: list[str]) -> int:
    """Return the exit status of the command."""
    begin_s = time.monotonic()
    with log.open('wb') as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            time.sleep(0.1)
            show(title, time.monotonic() - begin_s, sys.stdout.isatty())
    if process.returncode:
        lines = log.read_text('utf-8', 'replace').splitlines()
        print(f'\n{title}: failed. The end of {log}:', *lines[-TAIL_LINES:],  # noqa: T201
              sep='\n  ', file=sys.stderr)
    else:
        show(title, time.monotonic() - begin_s, is_due=True, end='\n')
    return process.returncode


def show(title: str, elapsed_s: float, is_due: bool, end: str = '') -> None:
    """Write how long the step has run, unless it is a short one."""
    if is_due and elapsed_s >= QUIET_S:
        start = '\r' if sys.stdout.isatty() else ''
        print(f'{start}{title:<60}{elapsed_s:4.0f} s', end=end, flush=True)  # noqa: T201


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
