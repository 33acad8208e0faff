# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What services, parameters and lifecycle ask of the processing thread, in the order given."""

from collections import deque
from dataclasses import dataclass
from threading import Lock

from anycam_ros.node.config import NodeConfig
from anycam_ros.node.outputs.transforms import PoseGuess


@dataclass(frozen=True)
class Reset:
    """Forget every frame; the next one is at initial_pose in odom."""


@dataclass(frozen=True)
class Restart:
    """Go on from the last pose; the next frame may show anything."""

    reason: str


@dataclass(frozen=True)
class Pause:
    """Take in no images."""


@dataclass(frozen=True)
class Resume:
    """Take in images again, and go on from the last pose."""


@dataclass(frozen=True, eq=False)     # arrays do not compare
class SetPose:
    """Put the frame that odom publishes at a pose in odom."""

    guess: PoseGuess


@dataclass(frozen=True)
class Reconfigure:
    """Use another configuration; only the fields of CHANGEABLE may differ."""

    config: NodeConfig


Command = Reset | Restart | Pause | Resume | SetPose | Reconfigure


class CommandQueue:
    """Hand commands to the processing thread, which takes them before each observation.

    It owns the pause: images are refused as soon as a pause is asked for, even while the
    processing thread is busy with a frame.
    """

    def __init__(self) -> None:
        """Start empty and not paused."""
        self._lock = Lock()
        self._commands: deque[Command] = deque()
        self._is_paused = False

    @property
    def is_paused(self) -> bool:
        """Return whether a pause was asked for and no resume since."""
        return self._is_paused

    def put(self, command: Command) -> None:
        """Add a command; callable from any thread."""
        with self._lock:
            if isinstance(command, Pause | Resume):
                self._is_paused = isinstance(command, Pause)
            self._commands.append(command)

    def take_all(self) -> list[Command]:
        """Return the commands that wait, oldest first, and remove them."""
        with self._lock:
            commands = list(self._commands)
            self._commands.clear()
            return commands
