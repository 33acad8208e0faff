# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every folder of tests may use."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope='session')
def data_dir() -> Path:
    """Return the folder of real sequences; without it the test is skipped."""
    folder = Path(os.environ.get('ANYCAM_DATA', REPOSITORY.parent / 'shared' / 'data'))
    if not folder.is_dir():
        pytest.skip(f'no real sequences in {folder}; ANYCAM_DATA names their folder')
    return folder
