# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow networks of the real libraries with random weights; nothing is fetched."""

from pathlib import Path

import pytest


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which torch looks for downloaded weights; no network is reached."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')   # where nobody listens
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    return folder
