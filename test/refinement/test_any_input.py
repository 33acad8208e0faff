# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever the numbers are: no exception, and poses that are poses."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from anycam_ros.geometry.se3 import Array, so3_exp
from anycam_ros.refinement import Priors, refine, RefinementConfig, RefinementResult, Tracks
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

SINGULAR = [964, 1310]      # seeds with which the information overflows
ODD = [0.0, -1.0, 1e-300, 1e300, -1e300, 1e12, np.nan, np.inf, -np.inf]


def refine_odd(seed: int, share: float, scale: float, config: RefinementConfig
               ) -> RefinementResult:
    """Refine a window in which a share of all numbers is odd."""
    random = np.random.default_rng(seed)

    def spoiled(values: Array) -> Array:
        odd = random.choice(ODD, values.shape)
        return np.where(random.uniform(size=values.shape) < share, odd, values)

    tracks, T, focal_px = cold_start(simulate(Scene(frames=4, tracks_per_frame=12), 0), 0)
    turn = so3_exp(random.normal(0, 1, 3))
    T = T.copy()
    T[:, :3, :3] = turn @ T[:, :3, :3]
    T[:, :3, 3] = scale * (T[:, :3, 3] @ turn.T)
    count = len(tracks)
    odd_tracks = Tracks(tracks.first_frame, spoiled(tracks.points_px), spoiled(tracks.weight),
                        spoiled(tracks.inverse_depth / scale))
    priors = Priors(inverse_depth=spoiled(tracks.inverse_depth / scale),
                    inverse_depth_information=spoiled(np.full(count, scale ** 2)))
    return refine(odd_tracks, T, focal_px, config, priors)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2 ** 31), share=st.sampled_from([0.0, 0.02, 0.3, 1.0]),
       scale=st.sampled_from([1e-6, 1e-2, 1.0, 1e3, 1e8]),
       kernel=st.sampled_from(['l1', 'huber', 'cauchy']),
       fixed_frames=st.integers(0, 4), fixed_scale=st.booleans(), smooth=st.booleans())
def test_odd_numbers(seed: int, share: float, scale: float, kernel: str, fixed_frames: int,
                     *, fixed_scale: bool, smooth: bool) -> None:
    result = refine_odd(seed, share, scale, RefinementConfig(
        kernel=kernel, fixed_frames=fixed_frames, fixed_scale=fixed_scale, estimate_k1=smooth,
        smoothness=10.0 if smooth else 0.0))
    R = result.T_world_camera[:, :3, :3]
    np.testing.assert_allclose(R @ np.swapaxes(R, 1, 2), np.tile(np.eye(3), (4, 1, 1)),
                               atol=1e-9)
    assert np.isfinite(result.T_world_camera).all()
    if not result.not_observable:
        assert np.isfinite(result.focal_px)
        assert result.focal_px > 0
        assert np.isfinite(result.inverse_depth).all()
        assert np.isfinite(result.noise_px)
        # The priors are minimised, too; odd ones may outweigh the tracks.
        has_true_priors = share == 0.0
        if kernel == 'l1' and not smooth and has_true_priors:
            assert result.objective_after <= result.objective_before


@pytest.mark.parametrize('seed', SINGULAR)
def test_information_that_overflows_says_nothing(seed: int) -> None:
    result = refine_odd(seed, 0.3, 1e-6, RefinementConfig(kernel='l1', fixed_frames=0,
                                                          fixed_scale=False))
    assert np.isfinite(result.focal_px)
    assert (result.information.newest_pose == 0).all()
