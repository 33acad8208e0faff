# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera driver in its own process, so that it can be killed: python camera_process.py."""

from pathlib import Path
import subprocess
import sys
from types import TracebackType

RATE_HZ = 30.0
LONG_S = 600.0


class CameraProcess:
    """Publish images until it is killed, as no driver ends by itself."""

    def __enter__(self) -> 'CameraProcess':
        """Start."""
        self._process = subprocess.Popen((sys.executable, __file__))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Kill it, by kill -9."""
        self._process.kill()
        self._process.wait()


def main() -> None:
    """Publish for longer than any test."""
    from live_camera import messages_to_and_fro, stream
    from peer import Peer
    import rclpy
    rclpy.init()
    messages = messages_to_and_fro(320, 240)
    with Peer(topics=()) as peer:
        for _ in stream(peer, messages, RATE_HZ, LONG_S):
            pass


if __name__ == '__main__':
    sys.path.insert(0, str(Path(__file__).parent))
    main()
