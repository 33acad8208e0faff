# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One diagnostic status, and a task that fills it."""

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue


class DiagnosticStatusWrapper(DiagnosticStatus):  # type: ignore[misc]
    """A status message that is easier to fill."""

    def summary(self, lvl: bytes, msg: str) -> None:
        """Set level and message."""
        self.level = lvl
        self.message = msg

    def mergeSummary(self, lvl: bytes, msg: str) -> None:
        """Raise the level to at least this one, and keep the messages of what is not OK."""
        ok = DiagnosticStatus.OK
        if (lvl > ok) == (self.level > ok):
            self.message = '; '.join(filter(None, (self.message, msg)))
        elif lvl > self.level:
            self.message = msg
        self.level = max(lvl, self.level)

    def add(self, key: str, val: str) -> None:
        """Append a value."""
        self.values.append(KeyValue(key=key, value=val))


class DiagnosticTask:
    """Something that can tell its state."""

    def __init__(self, name: str) -> None:
        """Give the task its name."""
        self.name = name

    def getName(self) -> str:
        """Return the name."""
        return self.name

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Fill the status and return it."""
        return stat
