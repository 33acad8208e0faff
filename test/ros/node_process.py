# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node under test, in its own process."""

from collections.abc import Sequence
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import tempfile
import time
from types import TracebackType

import psutil

# The profile is for the publisher of the images; the node must do without it.
OF_THE_PUBLISHER = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')


class NodeProcess:
    """Start the node with ROS arguments, read what it logs, and stop it."""

    def __init__(self, *arguments: str, parameters: Sequence[str] = ()) -> None:
        """Start; parameters are 'name:=value'."""
        self._log = tempfile.TemporaryFile('w+')  # noqa: SIM115
        options = [part for parameter in parameters for part in ('-p', parameter)]
        environment = {name: value for name, value in os.environ.items()
                       if name not in OF_THE_PUBLISHER}
        self._process = subprocess.Popen(
            (sys.executable, '-m', 'anycam_ros.node', '--ros-args', *arguments, *options),
            stdout=self._log, stderr=subprocess.STDOUT, env=environment,
            cwd=Path(__file__).resolve().parents[2])

    def __enter__(self) -> 'NodeProcess':
        """Return the running node."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop the node; a node that did not survive the test fails it."""
        alive = self.is_alive
        code = self.stop()
        if error is None and alive:
            assert code == 0, self.log

    @property
    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    @property
    def log(self) -> str:
        """Return what the node has logged so far."""
        self._log.flush()
        self._log.seek(0)
        return self._log.read()

    @property
    def resident_bytes(self) -> int:
        """Return the resident memory of the process."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def limit_to_cores(self, number: int) -> None:
        """Let all threads of the process run on the first so many cores that it has."""
        cores = sorted(os.sched_getaffinity(0))[:number]
        for thread in psutil.Process(self._process.pid).threads():
            os.sched_setaffinity(thread.id, cores)

    def signal(self, number: int = signal.SIGINT) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def wait(self, timeout_s: float = 60.0) -> int:
        """Wait for the end of the process and return its exit code."""
        return self._process.wait(timeout_s)

    def stop(self) -> int:
        """Interrupt the node as Ctrl-C does; return its exit code."""
        if self.is_alive:
            self.signal()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def wait_for_log(self, pattern: str, timeout_s: float = 180.0) -> None:
        """Wait until the log contains the regular expression."""
        deadline = time.monotonic() + timeout_s
        while not re.search(pattern, self.log):
            assert time.monotonic() < deadline, f'{pattern!r} is not in the log:\n{self.log}'
            time.sleep(0.05)
