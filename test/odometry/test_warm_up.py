# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After warm_up nothing is left to compile, so that no frame waits for the compiler.

The kernels of a process of its own are counted: this one has long compiled them. Measuring the
time of frames with an empty cache instead would cost a minute of compilation and a quiet machine.
"""

import json
from pathlib import Path
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

TEST_FOLDER = Path(__file__).resolve().parents[1]

COUNT_SIGNATURES = """
import json, sys
from dataclasses import replace
sys.path.insert(0, sys.argv[1])
from clips import render_clip, run, with_picture
from numba.core.dispatcher import Dispatcher
from anycam_ros.simulation.rendered_scene import hand_held
from anycam_ros.odometry import OdometryConfig, VisualOdometry, warm_up

def signatures():
    kernels = {f'{value.__module__}.{name}': value
               for module_name, module in list(sys.modules.items())
               if module_name.startswith('anycam_ros')
               for name, value in vars(module).items() if isinstance(value, Dispatcher)}
    return {name: len(kernel.signatures) for name, kernel in kernels.items()}

warm_up()
after_warm_up = signatures()
clip = render_clip(hand_held, 36)
frames = [replace(frame, stamp_s=float(index)) for index, frame in enumerate(clip.frames)]
frames[30] = with_picture(frames[30], 0 * frames[30].image_rgb)
given = VisualOdometry(OdometryConfig(intrinsics='given'))
lens = replace(clip.intrinsics, distortion=(0.01, 0.0, 0.0, 0.0))
statuses = {int(estimate.status) for estimate in run(frames) + run(
    [replace(frame, intrinsics=lens) for frame in frames], given)}
print(json.dumps([after_warm_up, signatures(), sorted(statuses)]))
"""


@pytest.fixture(scope='module')
def counted() -> tuple[dict[str, int], dict[str, int], list[int]]:
    """Return signatures per kernel after warm_up and after a run, and the run's statuses."""
    output = subprocess.run([sys.executable, '-c', COUNT_SIGNATURES, str(TEST_FOLDER)],
                            capture_output=True, text=True, check=True, timeout=300).stdout
    before, after, statuses = json.loads(output)
    return before, after, statuses


def test_run_compiles_nothing_more(counted: tuple[dict, dict, list]) -> None:
    before, after, statuses = counted
    assert {0, 1, 3} <= set(statuses)        # initialising, tracking and lost were all there
    assert after == before


def test_kernels_of_every_stage_are_compiled(counted: tuple[dict, dict, list]) -> None:
    before, _, _ = counted
    for part in ('.pose_estimation.', '.epipolar_residual.', '.refinement.'):
        assert any(part in name and count > 0 for name, count in before.items())
