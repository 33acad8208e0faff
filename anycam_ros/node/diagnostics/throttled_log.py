# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Warnings that do not flood the log when they come with every frame."""

import re
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rclpy.impl.rcutils_logger import RcutilsLogger

REPEAT_AFTER_S = 10.0
MAXIMUM_KINDS = 64


class Throttle:
    """Let a text through once in a while; numbers in it do not make it another text."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._said_at_s: dict[str, float] = {}

    def admit(self, text: str) -> bool:
        """Count the text; return whether none like it was admitted lately."""
        kind, now_s = re.sub(r'\d+', '#', text), monotonic()
        if now_s - self._said_at_s.get(kind, -REPEAT_AFTER_S) < REPEAT_AFTER_S:
            return False
        if len(self._said_at_s) >= MAXIMUM_KINDS:
            self._said_at_s.clear()
        self._said_at_s[kind] = now_s
        return True


class ThrottledLog:
    """Log each kind of text once in a while."""

    def __init__(self, logger: 'RcutilsLogger') -> None:
        """Log with the logger of a node."""
        self._logger = logger
        self._throttle = Throttle()

    def warn(self, text: str) -> None:
        """Log a warning, unless one like it was logged lately."""
        if self._throttle.admit(text):
            self._logger.warning(text)

    def inform(self, text: str) -> None:
        """Log an information, unless one like it was logged lately."""
        if self._throttle.admit(text):
            self._logger.info(text)
