# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bag files that break off, read from their start as far as they go."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
import sqlite3
import struct
from urllib.parse import quote

from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.bag_types import RawMessage, Topic


class DamagedMcap:
    """Read an MCAP file record by record, without its index."""

    def __init__(self, path: Path) -> None:
        """Scan the file for topics; raises SourceError when it holds none."""
        self._path = path
        counts: Counter[tuple[str, str]] = Counter()
        with suppress(SourceError):
            counts.update((topic, message_type) for topic, message_type, _ in self._walk())
        if not counts:
            raise SourceError(f'{path} holds no readable message: it breaks off at its start, or '
                              'is no MCAP file. Record or copy it again.')
        self.topics: Mapping[str, Topic] = {
            topic: Topic(message_type, count) for (topic, message_type), count in counts.items()}

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Return the topics' messages in the order of the file, then raise SourceError."""
        for topic, _, data in self._walk():
            if topic in topics:
                yield RawMessage(topic, data)

    def _walk(self) -> Iterator[tuple[str, str, bytes]]:
        """Return topic, type and data of every message, then raise SourceError."""
        schemas: dict[int, str] = {}
        channels: dict[int, Channel] = {}
        good_bytes, cause = 0, 'its index is damaged'
        with self._path.open('rb') as file:
            try:
                for record in StreamReader(file, validate_crcs=True).records:
                    good_bytes = file.tell()
                    if isinstance(record, Schema):
                        schemas[record.id] = record.name
                    elif isinstance(record, Channel):
                        channels[record.id] = record
                    elif isinstance(record, Message):
                        channel = channels[record.channel_id]
                        yield channel.topic, schemas[channel.schema_id], record.data
            except Exception as error:   # parsers of damaged bytes raise many kinds
                cause = str(error) or 'its end is missing'
        raise SourceError(f'{self._path} breaks off after byte {good_bytes} of '
                          f'{self._path.stat().st_size}: {cause}.')


class DamagedSqlite:
    """Read a .db3 file row by row, without its index."""

    def __init__(self, path: Path) -> None:
        """Look up the topics; raises SourceError when they cannot be read."""
        self._path = path
        try:
            with closing(self._connect()) as connection:
                rows = connection.execute('SELECT name, type FROM topics').fetchall()
        except sqlite3.Error as error:
            raise SourceError(f'{path} holds no readable message: {error}. It breaks off at its '
                              'start, or is no bag. Record or copy it again.') from error
        self.topics: Mapping[str, Topic] = {name: Topic(kind, None) for name, kind in rows}

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Return the topics' messages in the order of recording, then raise SourceError."""
        with closing(self._connect()) as connection:
            names = dict(connection.execute('SELECT id, name FROM topics'))
            try:
                for topic_id, data in connection.execute(
                        'SELECT topic_id, data FROM messages ORDER BY id'):
                    if names.get(topic_id) in topics:
                        yield RawMessage(names[topic_id], data)
                cause = 'its index is damaged'
            except sqlite3.Error as error:
                cause = str(error)
        present = self._path.stat().st_size
        raise SourceError(f'{self._path} breaks off: it holds {present} of '
                          f'{self._promised_bytes()} bytes ({cause}).')

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(f'file:{quote(str(self._path))}?mode=ro&immutable=1',
                                     uri=True)
        # Without this, SQLite refuses every query on a file shorter than its header promises.
        connection.execute('PRAGMA writable_schema=ON')
        return connection

    def _promised_bytes(self) -> int:
        """Return page size times page count from the header of the database."""
        with self._path.open('rb') as file:
            header = file.read(32)
        page_bytes, pages = struct.unpack('>H10xI', header[16:32])
        return int(pages) * (65536 if page_bytes == 1 else int(page_bytes))
