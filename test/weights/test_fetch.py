# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam weights` with the real huggingface_hub and a hub of our own: no network is reached."""

from collections.abc import Iterator
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
from pathlib import Path
import subprocess
import sys
from threading import Thread

import pytest

from anycam_ros.weights.catalogue import CATALOGUE

pytest.importorskip('huggingface_hub')

REPOSITORY = Path(__file__).resolve().parents[2]
CONTENT = {'pytorch_model.bin': b'weights' * 1000, 'config.yaml': b'model: {}\n'}
COMMIT = '0123456789' * 4
SEQ8 = 'anycam-seq8'


class Hub(BaseHTTPRequestHandler):
    """Answer as huggingface.co does for files of a repository."""

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def _answer(self, with_content: bool) -> None:
        content = CONTENT.get(self.path.rpartition('/')[2])
        known = self.path.startswith('/fwimbauer/anycam_v1_seq8/resolve/main/')
        self.send_response(200 if content is not None and known else 404)
        if content is None or not known:
            self.send_header('X-Error-Code', 'RepoNotFound')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        self.send_header('X-Repo-Commit', COMMIT)
        self.send_header('ETag', f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if with_content:
            self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope='module')
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(('127.0.0.1', 0), Hub)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f'http://127.0.0.1:{server.server_address[1]}'
    server.shutdown()
    thread.join()
    server.server_close()


def weights(cache: Path, *arguments: str, hub: str = '') -> subprocess.CompletedProcess[str]:
    """Run the command; without a hub the library is told that there is no network."""
    environment = os.environ | {'HF_HOME': str(cache), 'HF_HUB_DISABLE_XET': '1',
                                'HF_HUB_DISABLE_TELEMETRY': '1'}
    environment |= {'HF_ENDPOINT': hub} if hub else {'HF_HUB_OFFLINE': '1'}
    return subprocess.run(
        (sys.executable, '-m', 'anycam_ros.cli', 'weights', *arguments), cwd=REPOSITORY,
        env=environment, capture_output=True, text=True, check=False, timeout=120)


def path_in(output: str) -> Path:
    return Path(next(line.split(maxsplit=1)[1] for line in output.splitlines()
                     if line.startswith('file')))


@pytest.mark.slow
def test_weights_are_fetched_once_and_then_used_without_network(hub: str, tmp_path: Path) -> None:
    missing = weights(tmp_path, SEQ8)
    assert missing.returncode == 2
    assert 'anycam-seq8 cannot be fetched' in missing.stderr
    for file in CATALOGUE[SEQ8].files:
        assert CATALOGUE[SEQ8].url(file) in missing.stderr
    assert f'fetch     anycam weights {SEQ8}' in weights(tmp_path).stdout

    fetched = weights(tmp_path, SEQ8, hub=hub)
    assert fetched.returncode == 0, fetched.stderr
    path = path_in(fetched.stdout)
    assert path.read_bytes() == CONTENT['pytorch_model.bin']
    assert (path.parent / 'config.yaml').read_bytes() == CONTENT['config.yaml']
    assert hashlib.sha256(CONTENT['pytorch_model.bin']).hexdigest() in fetched.stdout
    # Not the file of the third party's report.
    assert 'is not the one that was reported' in fetched.stdout
    assert f'use       motion: network, weights: {path}' in fetched.stdout

    assert path_in(weights(tmp_path, SEQ8).stdout) == path
    assert f'here      {path}' in weights(tmp_path).stdout


@pytest.mark.slow
def test_damaged_file_in_the_cache_is_noticed(hub: str, tmp_path: Path) -> None:
    path = path_in(weights(tmp_path, SEQ8, hub=hub).stdout)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.resolve().write_bytes(content)
    damaged = weights(tmp_path, SEQ8)
    assert damaged.returncode == 2
    assert f'Delete {path.resolve()} and fetch it again' in damaged.stderr


def test_repository_that_is_gone_is_said(hub: str, tmp_path: Path) -> None:
    gone = weights(tmp_path, 'anycam-seq2', hub=hub)
    assert gone.returncode == 2
    assert 'anycam-seq2 cannot be fetched' in gone.stderr
    assert 'Traceback' not in gone.stderr
