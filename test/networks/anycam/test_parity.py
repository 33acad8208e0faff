# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same numbers as the reference implementation, for the same weights and inputs."""

from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
import pytest

pytestmark = pytest.mark.slow

torch = pytest.importorskip('torch', reason='PyTorch is not installed')

from anycam_ros.networks.anycam import (  # noqa: E402
    AnyCam,
    AnyCamOutput,
    average_directions,
    chain,
)

POSE = PROBABILITY = 1e-5
UNCERTAINTY = 1e-4

Expected = dict[str, NDArray[np.float32]]


class Prediction:
    """Hold what the network says of one case, and what the reference said."""

    def __init__(self, case: str, folder: Path, reference: ModuleType) -> None:
        *size, seed, weight_seed = reference.CASES[case]
        self.network = AnyCam()
        self.network.load_state_dict({
            name: torch.from_numpy(value)
            for name, value in reference.weights(weight_seed).items()})
        self.inputs = {name: torch.from_numpy(value)
                       for name, value in reference.inputs(*size, seed).items()}
        with torch.inference_mode():
            self.out: AnyCamOutput = self.network(**self.inputs)
        with np.load(folder / f'expected_{case}.npz') as arrays:
            self.expected: Expected = dict(arrays)

    def assert_equal(self, found: 'torch.Tensor', name: str, tolerance: float,
                     last: int | None = None) -> None:
        np.testing.assert_allclose(found.numpy(), self.expected[name][:, :last], rtol=0,
                                   atol=tolerance)


@pytest.fixture(scope='module', params=['pair_336', 'window4_336'])
def case(request: pytest.FixtureRequest, parity_dir: Path, reference: ModuleType) -> Prediction:
    return Prediction(request.param, parity_dir, reference)


def test_poses(case: Prediction) -> None:
    case.assert_equal(case.out.poses, 'poses', POSE, last=-1)


def test_focal_probabilities(case: Prediction) -> None:
    probabilities = case.out.focal_log_probs.exp()
    case.assert_equal(probabilities, 'focal_probs', PROBABILITY)
    candidates = case.out.focal_candidates
    np.testing.assert_allclose(candidates, case.expected['focal_candidates'], atol=1e-6)
    assert int(probabilities[0].argmax()) == case.expected['best_candidate']
    assert float((probabilities[0] * candidates).sum()) == pytest.approx(
        float(case.expected['focal_weighted']), abs=1e-5)


def test_uncertainty_of_all_candidates(case: Prediction) -> None:
    with torch.inference_mode():
        found = torch.stack([case.out.uncertainty(candidate)[:, :, ::8, ::8]
                             for candidate in range(32)], dim=2)
    case.assert_equal(found, 'uncertainty_stride8', UNCERTAINTY)


def test_uncertainty_of_the_best_candidate(case: Prediction) -> None:
    best = int(case.expected['best_candidate'])
    found = case.out.uncertainty(best)[0, :, ::2, ::2].numpy()
    np.testing.assert_allclose(found, case.expected['uncertainty_best_row0'], rtol=0,
                               atol=UNCERTAINTY)


def test_average_of_both_directions_and_path(case: Prediction) -> None:
    forward, backward = case.out.poses
    relative = average_directions(forward, backward.flip(0))
    np.testing.assert_allclose(relative, case.expected['averaged_relative_poses'], rtol=0,
                               atol=POSE)
    np.testing.assert_allclose(chain(relative), case.expected['camera_to_world'], rtol=0,
                               atol=POSE)


def test_what_localises_a_difference(case: Prediction) -> None:
    with torch.inference_mode():
        frames = {name: value.flatten(0, 1) for name, value in case.inputs.items()}
        code = case.network.encode(**frames, with_patches=False)
        tokens, sequence = case.network.interframe(
            code.token.unflatten(0, (*case.out.poses.shape[:1], -1)))
        pose_raw = case.network.heads.pose(tokens).flatten(0, 1)[:, None]
        sequence_raw = case.network.heads.sequence(sequence)[:, None]
    np.testing.assert_allclose(pose_raw, case.expected['pose_head_raw'], rtol=0, atol=1e-3)
    np.testing.assert_allclose(sequence_raw, case.expected['sequence_head_raw'], rtol=0,
                               atol=1e-3)


def test_summary_tokens_without_patches(case: Prediction) -> None:
    from anycam_ros.networks.anycam.inputs.frame_inputs import stack_channels

    frames = stack_channels(*(value.flatten(0, 1) for value in case.inputs.values()),
                            patch_size=14)
    with torch.inference_mode():
        short = case.network.backbone(frames, with_patches=False).summary[-1]
    case.assert_equal(short, 'backbone_layer12_cls', 1e-4)
