# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A message that returns with other numbers does not flood the log."""

import pytest

from anycam_ros.node.diagnostics import status
from anycam_ros.node.diagnostics.status import Throttle


def test_text_that_differs_in_numbers_is_held_back_for_a_while(
        monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr(status, 'monotonic', lambda: now_s)
    throttle = Throttle()
    assert throttle.lets_through('step is 5 bytes')
    assert not throttle.lets_through('step is 17 bytes')
    assert throttle.lets_through('data is 5 bytes')
    now_s = status.REPEAT_AFTER_S
    assert throttle.lets_through('step is 17 bytes')


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for index in range(10_000):
        throttle.lets_through('x' * index)
    assert len(throttle._said_at_s) <= status.MAXIMUM_KINDS
