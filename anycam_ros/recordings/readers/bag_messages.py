# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw messages of a ROS 2 bag: complete or damaged, one file or a folder of them.

rosbags reads complete bags. It needs what a recorder writes last (index, footer, metadata.yaml);
a file without is read from its start, up to the place where it breaks off.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from rosbags.rosbag2 import Reader

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.bag_types import BagMessages, RawMessage, Topic
from anycam_ros.recordings.readers.damaged_bag import DamagedMcap, DamagedSqlite
from anycam_ros.recordings.readers.image_folder import natural_order

_DAMAGED_READERS: Mapping[str, type[DamagedMcap] | type[DamagedSqlite]] = {
    '.mcap': DamagedMcap, '.db3': DamagedSqlite}
STORAGE_SUFFIXES = tuple(_DAMAGED_READERS)


def open_bag(path: Path) -> BagMessages:
    """Return the messages of a .mcap or .db3 file, or of a folder with such files.

    Raises SourceError when nothing in it can be read.
    """
    try:
        return CompleteBag(path)
    except Exception:   # parsers of damaged bytes raise many kinds
        if path.is_file():
            return _DAMAGED_READERS[path.suffix](path)
    files = sorted((file for file in path.iterdir() if file.suffix in STORAGE_SUFFIXES),
                   key=natural_order)
    if not files:
        raise SourceError(f'{path} holds no {" or ".join(STORAGE_SUFFIXES)} file that can be '
                          'read. Copy the whole folder of the bag.')
    return SplitBag([open_bag(file) for file in files])


class CompleteBag:
    """Read a bag with rosbags."""

    def __init__(self, path: Path) -> None:
        """Look up the topics; raises what rosbags raises for a bag that is not complete."""
        self._path = path
        with Reader(path) as reader:
            self.topics: Mapping[str, Topic] = {
                name: Topic(info.msgtype or '', info.msgcount)
                for name, info in reader.topics.items()}

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Return the topics' messages in order of time; raises SourceError on damaged data."""
        with Reader(self._path) as reader:
            chosen = [c for c in reader.connections if c.topic in topics]
            try:
                for connection, _, data in reader.messages(chosen):
                    yield RawMessage(connection.topic, bytes(data))
            except Exception as error:   # as above
                raise SourceError(f'{self._path} is damaged: {error}') from error


class SplitBag:
    """Read the files of a bag one after the other."""

    def __init__(self, parts: Sequence[BagMessages]) -> None:
        """Join the topics of the parts."""
        self._parts = parts
        topics: dict[str, Topic] = {}
        for part in parts:
            for name, topic in part.topics.items():
                topics[name] = _joined(topics[name], topic) if name in topics else topic
        self.topics: Mapping[str, Topic] = topics

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Return the topics' messages; raises SourceError where the first file breaks off."""
        for part in self._parts:
            yield from part.messages(topics)


def _joined(first: Topic, second: Topic) -> Topic:
    if first.messages is None or second.messages is None:
        return first._replace(messages=None)
    return first._replace(messages=first.messages + second.messages)
