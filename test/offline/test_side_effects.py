# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run writes into its folder and the caches of its compilers, and asks no network."""

import json
from pathlib import Path
import subprocess
import sys

import pytest
from recordings import write_sequence

pytestmark = pytest.mark.slow

# Seen from within the process: each file that Python opens or moves, each socket that it uses.
WATCHED = """
import json, os, sys
log = open(sys.argv[1], 'w')
def watch(event, arguments):
    if event == 'open' and isinstance(arguments[0], (str, bytes)):
        flags = arguments[2] or 0
        mode = 'write' if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else 'read'
        log.write(json.dumps([mode, os.path.realpath(os.fsdecode(arguments[0]))]) + '\\n')
    elif event in ('os.rename', 'os.remove', 'os.mkdir'):
        log.write(json.dumps(['write', os.path.realpath(os.fsdecode(arguments[0]))]) + '\\n')
    elif event.startswith('socket.') and event not in ('socket.__new__', 'socket.gethostname'):
        log.write(json.dumps([event, str(arguments[1:])]) + '\\n')
sys.addaudithook(watch)
from anycam_ros.cli import main
code = main(sys.argv[2:])
log.flush()
sys.exit(code)
"""


@pytest.fixture(scope='module')
def touched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    folder = tmp_path_factory.mktemp('watched')
    write_sequence(folder / 'input', 6)
    environment = {'PATH': '/usr/bin:/bin', 'HOME': str(folder / 'home'),
                   'NUMBA_CACHE_DIR': str(folder / 'cache'),
                   'MPLCONFIGDIR': str(folder / 'cache'), 'PYTHONDONTWRITEBYTECODE': '1'}
    run = subprocess.run(
        (sys.executable, '-c', WATCHED, str(folder / 'log'), 'odometry', str(folder / 'input'),
         '--output', str(folder / 'output'), '--bag', '--masks'),
        cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True,
        timeout=300, check=False)
    assert run.returncode in (0, 1), run.stderr
    return folder, [json.loads(line) for line in (folder / 'log').read_text().splitlines()]


def test_files_are_written_in_the_output_folder_alone(
        touched: tuple[Path, list[list[str]]]) -> None:
    folder, events = touched
    written = {Path(path) for mode, path in events if mode == 'write'}
    allowed = folder / 'output', folder / 'cache'
    outside = [path for path in written if path != Path('/dev/null')
               and not any(path.is_relative_to(one) for one in allowed)]
    assert not outside
    assert folder / 'output' / 'trajectory.tum' in written


def test_files_are_read_from_the_input_and_the_installation_alone(
        touched: tuple[Path, list[list[str]]]) -> None:
    folder, events = touched
    read = {Path(path) for mode, path in events if mode == 'read'}
    roots = (folder, Path(__file__).parents[2], Path(sys.prefix), Path(sys.base_prefix),
             *map(Path, ('/proc', '/sys', '/etc', '/usr', '/lib', '/dev')))
    assert not [path for path in read if not any(
        path.is_relative_to(root.resolve()) for root in roots)]
    assert any(path.is_relative_to(folder / 'input') for path in read)


def test_no_network_is_asked(touched: tuple[Path, list[list[str]]]) -> None:
    _, events = touched
    assert not [event for event in events if event[0].startswith('socket.')]
