# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or not there at all, whatever happens while they are written."""

import os
from pathlib import Path

from anycam_ros.errors import OutputError

PART = '.part'     # what an unfinished file's name ends with
WAY_OUT = 'Make room, or choose another folder with --output.'


def write_atomically(path: Path, content: bytes, way_out: str = WAY_OUT) -> None:
    """Write a file, or leave the one before; raises OutputError where it cannot be written.

    way_out is what the message advises.
    """
    part = path.with_name(f'{path.name}{PART}')
    try:
        with part.open('wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(no_room_for(path, error, way_out)) from error


def no_room_for(path: Path, error: OSError, way_out: str = WAY_OUT) -> str:
    """Return the message about a file that cannot be written."""
    return f'{path} cannot be written: {error.strerror}. {way_out}'
