# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A diagnostic status that is filled step by step."""

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue


class DiagnosticStatusWrapper(DiagnosticStatus):  # type: ignore[misc]
    """A status message that is easier to fill."""

    def summary(self, lvl: bytes, msg: str) -> None:
        """Set level and message."""
        self.level = lvl
        self.message = msg

    def add(self, key: str, val: str) -> None:
        """Append a value."""
        self.values.append(KeyValue(key=key, value=val))
