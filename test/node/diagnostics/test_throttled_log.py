# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A message that returns with other numbers does not flood the log."""

import pytest

from anycam_ros.node.diagnostics import throttled_log
from anycam_ros.node.diagnostics.throttled_log import Throttle


def test_text_that_differs_in_numbers_is_held_back_for_a_while(
        monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr(throttled_log, 'monotonic', lambda: now_s)
    throttle = Throttle()
    assert throttle.admit('step is 5 bytes')
    assert not throttle.admit('step is 17 bytes')
    assert throttle.admit('data is 5 bytes')
    now_s = throttled_log.REPEAT_AFTER_S
    assert throttle.admit('step is 17 bytes')


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for index in range(10_000):
        throttle.admit('x' * index)
    assert len(throttle._said_at_s) <= throttled_log.MAXIMUM_KINDS
