# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the AnyCam network may use."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from anycam_ros.motion.anycam import AnyCam

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope='session')
def parity_dir() -> Path:
    """Return the folder of the reference's outputs; without it the test is skipped."""
    folder = Path(os.environ.get('ANYCAM_PARITY', REPOSITORY.parent / 'shared' / 'parity'))
    if not (folder / 'fixture.py').is_file():
        pytest.skip(f'no outputs of the reference in {folder}; ANYCAM_PARITY names their folder')
    return folder


@pytest.fixture(scope='session')
def reference(parity_dir: Path) -> ModuleType:
    """Return the module that makes the weights and inputs behind the reference's outputs."""
    spec = importlib.util.spec_from_file_location('parity_fixture', parity_dir / 'fixture.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def network() -> 'AnyCam':
    """Return a small network with random weights."""
    from small_network import make_small_network

    return make_small_network()
