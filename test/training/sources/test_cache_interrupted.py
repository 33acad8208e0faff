# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that is killed while it caches, or that finds the disk full, loses nothing."""

from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip('torch', reason='PyTorch is not installed')

from rendered_pictures import cached, contents, write_pictures

from anycam_ros.training.sources.frame_cache import FrameCache
from anycam_ros.training.sources.recording import file_recording, Recording

pytestmark = pytest.mark.slow

HELPERS = Path(__file__).parents[1]
FRAMES = 40
PROGRAM = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(HELPERS)!r})
from rendered_pictures import cached
from anycam_ros.errors import OutputError
from anycam_ros.training.sources.recording import file_recording
try:
    cached(Path(sys.argv[2]), file_recording(Path(sys.argv[1])))
except OutputError as error:
    sys.exit(str(error))
"""
# A file system of its own, too small at first; it lives as long as this shell.
FULL_DISK = """
mount -t tmpfs -o size=300k tmpfs "$2"
"$0" -c "$3" "$1" "$2" && exit 90
ls "$2"/*/*.part 2>/dev/null && exit 91
mount -o remount,size=8m "$2"
"$0" -c "$3" "$1" "$2" || exit 92
cp -r "$2"/* "$4"
"""


def cache_of(parent: Path, recording: Recording) -> FrameCache:
    return FrameCache(parent, recording.name, (*recording.identity, 'none'))


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_process_is_gone_on_from(number: signal.Signals, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / 'p', FRAMES, damaged=(7,))
    recording = file_recording(folder)
    killed = cache_of(tmp_path / 'killed', recording)
    with subprocess.Popen((sys.executable, '-c', PROGRAM, str(folder), str(tmp_path / 'killed')),
                          stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 180.0
        while len(list(killed.folder.glob('*.npz'))) < 12:
            assert process.poll() is None
            assert time.monotonic() < deadline, 'no frames'
            time.sleep(0.001)
        process.send_signal(number)
    assert process.returncode in (-number, 1)
    kept = contents(killed)
    assert 12 <= len(kept) < FRAMES - 1
    assert killed.figures is None
    for index in killed.frames():
        killed.get(index)
    cached(tmp_path / 'killed', recording)
    assert kept.items() <= contents(killed).items()
    assert contents(killed) == contents(cached(tmp_path / 'whole', recording))
    assert killed.figures is not None
    assert killed.figures['skipped'] == 1
    assert not list(killed.folder.glob('*.part'))


@pytest.fixture
def may_mount() -> None:
    """Skip where no file system may be mounted."""
    done = subprocess.run(('unshare', '-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'),
                          capture_output=True, check=False)
    if done.returncode:
        pytest.skip('mounting is not allowed here')


@pytest.mark.usefixtures('may_mount')
def test_a_full_disk_stops_caching_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / 'p', 20)
    small, copy = tmp_path / 'small', tmp_path / 'copy'
    small.mkdir()
    copy.mkdir()
    done = subprocess.run(('unshare', '-rm', 'sh', '-c', FULL_DISK, sys.executable, str(folder),
                           str(small), PROGRAM, str(copy)), capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert 'No space left on device. Make room, or let options.cache name another' in done.stderr
    recording = file_recording(folder)
    assert contents(cache_of(copy, recording)) == contents(cached(tmp_path / 'whole', recording))
