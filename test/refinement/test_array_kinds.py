# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arrays and tensors give the same; who gives tensors gets tensors."""

from dataclasses import fields, replace
import subprocess
import sys

import numpy as np
import pytest

from anycam_ros.refinement import refine, RefinementConfig, RefinementResult, Tracks
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

torch = pytest.importorskip('torch')


def both(dtype: 'torch.dtype', **config: object) -> tuple[RefinementResult, RefinementResult]:
    window = simulate(Scene(tracks_per_frame=40), seed=0)
    tracks, T, focal = cold_start(window, seed=0)
    tensors = Tracks(*(torch.as_tensor(getattr(tracks, field.name)) for field in fields(tracks)))
    tensors = replace(tensors, points_px=tensors.points_px.to(dtype).requires_grad_())
    chosen = RefinementConfig(**config)
    return refine(tracks, T, focal, chosen), \
        refine(tensors, torch.as_tensor(T).to(dtype), focal, chosen)


@pytest.mark.parametrize('kernel', ['l1', 'cauchy'])
@pytest.mark.parametrize(('dtype', 'tolerance'), [(torch.float64, 0.0), (torch.float32, 1e-3)])
def test_tensors_give_what_arrays_give(kernel: str, dtype: 'torch.dtype',
                                       tolerance: float) -> None:
    arrays, tensors = both(dtype, kernel=kernel)
    assert tensors.status == arrays.status
    assert tensors.T_world_camera.dtype == dtype
    assert tensors.is_inlier.dtype == torch.bool
    assert tensors.focal_px == pytest.approx(arrays.focal_px, rel=tolerance, abs=0.0)
    for name in ('T_world_camera', 'inverse_depth'):
        np.testing.assert_allclose(getattr(tensors, name).numpy(), getattr(arrays, name),
                                   rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(tensors.information.newest_pose.numpy(),
                               arrays.information.newest_pose, rtol=100 * tolerance, atol=1.0)


def test_what_is_not_observable_comes_back_as_a_tensor() -> None:
    _, result = both(torch.float64, maximum_iterations=1, inlier_px=1e-9)
    assert result.not_observable
    assert isinstance(result.T_world_camera, torch.Tensor)


def test_arrays_do_not_load_torch() -> None:
    code = ('import sys; from anycam_ros.refinement import warm_up; warm_up(); '
            'assert "torch" not in sys.modules')
    subprocess.run([sys.executable, '-c', code], check=True)
