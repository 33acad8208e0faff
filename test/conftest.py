# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every folder of tests may use."""

from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from clips import Clip, render_clip, run
import pytest

from anycam_ros.odometry import OdometryEstimate, warm_up
from anycam_ros.simulation.rendered_scene import hand_held, standing

if TYPE_CHECKING:
    from anycam_ros.networks.anycam import AnyCam

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope='session')
def data_dir() -> Path:
    """Return the folder of real sequences; without it the test is skipped."""
    folder = Path(os.environ.get('ANYCAM_DATA', REPOSITORY.parent / 'shared' / 'data'))
    if not folder.is_dir():
        pytest.skip(f'no real sequences in {folder}; ANYCAM_DATA names their folder')
    return folder


@pytest.fixture(scope='session')
def walk() -> Clip:
    """Return three seconds of a hand-held camera in a room where things move."""
    return render_clip(hand_held, 90)


@pytest.fixture(scope='session')
def stand() -> Clip:
    """Return a camera that stands still before the same moving things."""
    return render_clip(standing, 40)


@pytest.fixture(scope='session')
def walk_estimates(walk: Clip) -> list[OdometryEstimate]:
    """Return what the default odometry says about the walk, from its second frame on."""
    warm_up()
    return run(walk.frames)


@pytest.fixture(scope='session')
def mended_torchvision() -> object:
    """Let torchvision be imported also where its compiled part is for another build of PyTorch.

    The wheels of PyPI are compiled for CUDA. Beside a PyTorch for the CPU they miss two operators
    of object detection, without which torchvision refuses to be imported; no prior needs them.
    """
    torch = pytest.importorskip('torch')
    library = None
    try:
        find_spec('torchvision') and import_module('torchvision')
    except RuntimeError:
        library = torch.library.Library('torchvision', 'DEF')
        for name in ('nms', 'qnms'):
            library.define(f'{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
        import_module('torchvision')
    return library   # the operators live as long as it does


@pytest.fixture(scope='session')
def torchvision_loads(mended_torchvision: object) -> None:
    """Import torchvision; without it the test is skipped."""
    del mended_torchvision
    pytest.importorskip('torchvision')


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
    spec = spec_from_file_location('parity_fixture', parity_dir / 'fixture.py')
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def network() -> 'AnyCam':
    """Return a small network with random weights."""
    from small_network import make_small_network

    return make_small_network()
