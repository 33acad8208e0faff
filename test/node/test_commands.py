# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Commands reach the processing thread in order and once; a pause counts at once."""

import numpy as np

from anycam_ros.node.commands import (
    Command,
    CommandQueue,
    Pause,
    Reset,
    Restart,
    Resume,
    SetPose,
)
from anycam_ros.node.outputs.transforms import PoseGuess


def test_commands_are_taken_once_and_in_their_order() -> None:
    queue = CommandQueue()
    given: list[Command] = [Reset(), SetPose(PoseGuess(np.eye(4), np.zeros((6, 6)))), Reset(),
                            Restart('for a test')]
    for command in given:
        queue.put(command)
    taken = queue.take_all()
    assert len(taken) == len(given)
    assert all(one is other for one, other in zip(taken, given, strict=True))
    assert queue.take_all() == []


def test_pause_lasts_until_the_resume_whether_they_are_taken_or_not() -> None:
    queue = CommandQueue()
    assert not queue.is_paused
    queue.put(Pause())
    assert queue.is_paused
    queue.put(Reset())
    assert queue.take_all() == [Pause(), Reset()]
    assert queue.is_paused
    queue.put(Resume())
    assert not queue.is_paused
    assert queue.take_all() == [Resume()]
