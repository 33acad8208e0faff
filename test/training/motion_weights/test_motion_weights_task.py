# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Learning what moves: losses, the state carried along, and what the tracker saw."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='training needs torch')
pytest.importorskip('skimage', reason='textures need scikit-image')

from anycam_ros.errors import ConfigError, SourceError  # noqa: E402
from anycam_ros.geometry.focal_candidates import focal_candidates  # noqa: E402
from anycam_ros.networks.motion_weights.carried_state import carried_state  # noqa: E402
from anycam_ros.networks.motion_weights.channels import INPUTS  # noqa: E402
from anycam_ros.training.motion_weights.losses import (  # noqa: E402
    focal_loss,
    mask_loss,
    overlap_loss,
    scale_loss,
)
from anycam_ros.training.motion_weights.recurrence import carried  # noqa: E402
from anycam_ros.training.motion_weights.segment_cache import (  # noqa: E402
    make_segments,
    read_segment,
)
from anycam_ros.training.motion_weights.segment_dataset import SegmentDataset, SHAPE  # noqa: E402
from anycam_ros.training.motion_weights.task import make_task, mirrored  # noqa: E402

pytestmark = pytest.mark.slow
SEEDS = range(29, 36, 6)     # in both of them things move


@pytest.fixture(scope='module')
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_segments(tmp_path_factory.mktemp('segments') / 'train', SEEDS, 2)


def test_segments_hold_what_the_tracker_saw(files: list[Path]) -> None:
    assert len(files) >= 6
    segments = [read_segment(file) for file in files]
    has_map = [segment.inputs[:, INPUTS.index('has_map')].max() > 0 for segment in segments]
    assert any(has_map)
    marked, vote = [], []
    for segment in segments:
        told = segment.is_told & (segment.inputs[:, INPUTS.index('known')] > 40)
        vote.append(segment.inputs[:, INPUTS.index('vote')][told])
        marked.append(segment.moving[told] > 127)
    marked, vote = np.concatenate(marked), np.concatenate(vote)
    assert marked.any()
    # Geometry sees more in what moves.
    assert vote[marked].mean() > 1.3 * vote[~marked].mean()


def test_what_is_there_is_not_made_again(files: list[Path]) -> None:
    folder, stamp = files[0].parent, files[0].stat().st_mtime_ns
    (folder / f'{SEEDS[-1]:06d}.json').unlink()       # as if killed before it was complete
    assert make_segments(folder, SEEDS, 1) == files
    assert files[0].stat().st_mtime_ns == stamp


def test_a_damaged_segment_is_named(tmp_path: Path) -> None:
    file = tmp_path / '000001_00.npz'
    file.write_bytes(b'PK nothing')
    with pytest.raises(SourceError, match=r'000001_00\.npz is damaged'):
        read_segment(file)


def test_samples_have_one_shape(files: list[Path]) -> None:
    dataset = SegmentDataset(files)
    for index in range(len(dataset)):
        sample = dataset[index]
        assert sample['inputs'].shape[2:] == SHAPE
        assert sample['weight'].max() == 1
    torch.testing.assert_close(dataset[1]['inputs'], dataset[1]['inputs'], rtol=0, atol=0)


def test_a_mirror_seen_in_a_mirror_is_the_same(files: list[Path]) -> None:
    batch = {name: value[None] for name, value in SegmentDataset(files)[0].items()}
    once = mirrored(batch, torch.tensor([True]))
    assert not torch.equal(once['inputs'], batch['inputs'])
    for name, value in mirrored(once, torch.tensor([True])).items():
        torch.testing.assert_close(value, batch[name], rtol=0, atol=0)


def test_training_and_runtime_carry_the_same_state() -> None:
    rng = np.random.default_rng(4)
    shape = (20, 30)
    moving = rng.random(shape).astype(np.float32)
    came_by = rng.normal(0, 4, (2, *shape)).astype(np.float32)
    place = np.stack(np.meshgrid(np.arange(30), np.arange(20))).astype(np.float32)
    ours = carried(torch.from_numpy(moving)[None], torch.from_numpy(came_by)[None],
                   torch.tensor([True]))[0].numpy()
    # OpenCV interpolates in steps of 1/32.
    np.testing.assert_allclose(ours, carried_state(moving, place + came_by, shape), atol=0.05)
    no_past = carried(torch.from_numpy(moving)[None], torch.from_numpy(came_by)[None],
                      torch.tensor([False]))
    assert not no_past.any()


def test_the_scale_that_fits_costs_least() -> None:
    error = torch.distributions.Exponential(torch.tensor(1 / 3.0)).sample((1, 1, 100, 100))
    known = torch.ones_like(error)
    costs = {scale: float(scale_loss(torch.full_like(error, float(np.log(scale))), error, known))
             for scale in (1.0, 2.0, 3.0, 4.5, 9.0)}
    assert min(costs, key=lambda scale: costs[scale]) == 3.0
    assert costs[3.0] == pytest.approx(np.log(3.0) + 1, abs=0.05)


def test_where_nobody_could_tell_nothing_is_learned() -> None:
    logit = torch.zeros(1, 1, 8, 8, requires_grad=True)
    moving, weight = torch.ones(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    weight[..., :4] = 1
    (mask_loss(logit, moving, weight) + overlap_loss(logit, moving, weight)).backward()
    assert logit.grad is not None
    assert (logit.grad[..., :4] != 0).all()
    assert (logit.grad[..., 4:] == 0).all()


def test_a_wrong_focal_length_costs_more() -> None:
    candidates = focal_candidates()
    focal = torch.tensor([candidates[12]], dtype=torch.float32)

    def cost(best: int) -> float:
        score = torch.full((1, 1, 32), -8.0)
        score[..., best] = 0.0
        return float(focal_loss(score.log_softmax(-1), focal))

    assert cost(12) < cost(13) < cost(16)


def test_a_few_segments_are_learned_by_heart(files: list[Path]) -> None:
    torch.manual_seed(0)
    task = make_task({'cache': str(files[0].parent.parent), 'clips': 1, 'validation_clips': 1},
                     torch.device('cpu'))
    dataset = SegmentDataset(files[:4])
    batch = {name: torch.stack([dataset[i][name] for i in range(2)]) for name in dataset[0]}
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=3e-3)
    costs = []
    for step in range(30):
        terms = task.loss(task.network, batch, step)
        optimiser.zero_grad()
        terms['total'].backward()
        optimiser.step()
        costs.append(float(terms['mask'].detach()))
    assert costs[-1] < 0.5 * costs[0]


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="options has 'clip'; allowed: cache, clips"):
        make_task({'clip': 3}, torch.device('cpu'))
    with pytest.raises(ConfigError, match=r'options\.clips is -1'):
        make_task({'clips': -1}, torch.device('cpu'))
