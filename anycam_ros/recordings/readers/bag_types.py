# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every reader of ROS 2 bags delivers."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Protocol


class RawMessage(NamedTuple):
    """Hold one serialised message."""

    topic: str
    data: bytes


class Topic(NamedTuple):
    """Hold type and number of messages of a topic; None where only reading the bag would tell."""

    message_type: str
    messages: int | None


class BagMessages(Protocol):
    """Deliver the messages of a bag in their order."""

    @property
    def topics(self) -> Mapping[str, Topic]:
        """Return the topics by name."""

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Return the topics' messages; raises SourceError where the bag breaks off."""
