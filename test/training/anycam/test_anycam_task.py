# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's network, in small, trains on flow and depth of rendered pictures."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

torch = pytest.importorskip('torch', reason='PyTorch is not installed')

from rendered_pictures import SIDE, write_pictures  # noqa: E402
from small_network import SMALL  # noqa: E402
from torch.utils.data import default_collate  # noqa: E402
import yaml  # noqa: E402

from anycam_ros.errors import ConfigError, SourceError  # noqa: E402
from anycam_ros.networks.anycam import AnyCam, load_checkpoint, NetworkConfig  # noqa: E402
from anycam_ros.training.anycam.options import read_anycam_options  # noqa: E402
from anycam_ros.training.anycam.predict import predict  # noqa: E402
from anycam_ros.training.anycam.task import AnyCamTask, make_task  # noqa: E402
from anycam_ros.training.anycam.windows import (  # noqa: E402
    both_ways,
    in_pairs,
    observed_in,
    Windows,
    windows_of,
)
from anycam_ros.training.config import read_config, TrainingConfig  # noqa: E402
from anycam_ros.training.task import Sample  # noqa: E402
from anycam_ros.training.trainer import train  # noqa: E402

CPU = torch.device('cpu')
CONFIG = Path(__file__).parents[3] / 'config' / 'train_anycam_nano.yaml'


def options(data: Path, cache: Path, **others: object) -> dict[str, object]:
    return {'data': [str(data)], 'cache': str(cache), 'size': SIDE, 'frames': 3,
            'kept_back': 0.5, 'network': asdict(SMALL), **others}


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with pictures in it, and room for a cache."""
    folder = tmp_path_factory.mktemp('pictures')
    write_pictures(folder / 'p')
    return folder


@pytest.fixture
def task(folder: Path) -> AnyCamTask:
    torch.manual_seed(0)
    return make_task(options(folder / 'p', folder / 'cache'), CPU)


def batch_of(task: AnyCamTask) -> Sample:
    samples = task.samples()
    batch: Sample = default_collate([samples[0], samples[len(samples) - 1]])
    return batch


def test_loss_falls_on_a_clip_that_is_learnt_by_heart(task: AnyCamTask) -> None:
    torch.manual_seed(1)
    batch = batch_of(task)
    optimizer = torch.optim.Adam(task.network.parameters(), lr=1e-2)
    flow = []
    for step in range(30):
        terms = task.loss(task.network, batch, step)
        assert all(bool(torch.isfinite(term)) for term in terms.values())
        optimizer.zero_grad()
        terms['total'].backward()
        optimizer.step()
        flow.append(float(terms['flow'].detach()))
    assert flow[-1] < flow[0] - 0.1


def test_every_weight_learns_but_those_without_use(task: AnyCamTask) -> None:
    task.loss(task.network, batch_of(task), 0)['total'].backward()
    without = {name for name, weight in task.network.named_parameters() if weight.grad is None}
    assert without == {name for name, _ in task.network.named_parameters()
                       if name.startswith('unused.')}


def test_what_is_predicted_is_what_the_network_says(task: AnyCamTask) -> None:
    windows = windows_of(batch_of(task))
    network = task.network.eval()
    assert isinstance(network, AnyCam)
    observed = observed_in(windows)
    with torch.no_grad():
        predicted = predict(network, windows, 0.5)
        still = torch.zeros_like(observed.flow[:, :1])
        out = network(windows.images, torch.cat([observed.flow, still], dim=1), windows.depth)
        torch.testing.assert_close(predicted.poses, out.poses)
        torch.testing.assert_close(predicted.focal_log_probs, out.focal_log_probs)
        torch.testing.assert_close(predicted.scale, out.uncertainty()[:, :-1])


def test_dropped_tokens_change_the_motion_but_not_the_uncertainty(task: AnyCamTask) -> None:
    windows, network = windows_of(batch_of(task)), task.network.train()
    assert isinstance(network, AnyCam)
    with torch.no_grad():
        whole, dropped = (predict(network, windows, share) for share in (0.0, 0.5))
    assert torch.equal(whole.scale, dropped.scale)
    assert not torch.allclose(whole.poses, dropped.poses, atol=1e-4)


def test_both_directions_weigh_alike(task: AnyCamTask) -> None:
    batch = batch_of(task)
    reversed_batch = {'images': batch['images'].flip(1),
                      'forward_flow': batch['backward_flow'].flip(1),
                      'backward_flow': batch['forward_flow'].flip(1)}
    network = task.network.eval()
    with torch.no_grad():
        losses = [task.loss(network, one, 0) for one in (batch, reversed_batch)]
    for name, term in losses[0].items():
        torch.testing.assert_close(term, losses[1][name])


def numbered(frames: int) -> Windows:
    """Return one window whose values tell what belongs to which frames: 12 is flow from 1 to 2."""
    def values(numbers: list[int], channels: int) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.float32)[None, :, None, None, None] \
            .expand(1, -1, channels, 2, 2)
    firsts = range(frames - 1)
    return Windows(values(list(range(frames)), 3), values([10 * i + i + 1 for i in firsts], 2),
                   values([10 * (i + 1) + i for i in firsts], 2), values(list(range(frames)), 1))


def told(values: torch.Tensor) -> list[list[float]]:
    rows: list[list[float]] = values[:, :, 0, 0, 0].tolist()
    return rows


def test_the_reversed_window_goes_back_frame_by_frame() -> None:
    windows = both_ways(numbered(3))
    assert told(windows.images) == told(windows.depth) == [[0, 1, 2], [2, 1, 0]]
    assert told(windows.forward_px) == [[1, 12], [21, 10]]
    assert told(windows.backward_px) == [[10, 21], [12, 1]]


@pytest.mark.parametrize(('frames', 'images', 'forward'), [
    (4, [[0, 1], [2, 3]], [[1], [23]]), (5, [[0, 1], [2, 3]], [[1], [23]]), (2, [[0, 1]], [[1]])])
def test_the_first_stage_cuts_clips_into_pairs(
        frames: int, images: list[list[float]], forward: list[list[float]]) -> None:
    windows = in_pairs(numbered(frames))
    assert told(windows.images) == told(windows.depth) == images
    assert told(windows.forward_px) == forward
    assert told(windows.backward_px) == [[10 * pair[1] + pair[0]] for pair in images]


def test_the_stages_follow_each_other(folder: Path) -> None:
    task = make_task(options(folder / 'p', folder / 'cache', pair_steps=5), CPU)
    batch, network = batch_of(task), task.network.eval()
    with torch.no_grad():
        first, last, second = (float(task.loss(network, batch, step)['total'])
                               for step in (0, 4, 5))
    assert first == last != second


def test_without_depth_every_pixel_is_one_unit_away(task: AnyCamTask) -> None:
    batch = batch_of(task)
    assert bool((windows_of(batch).depth == 1).all())
    batch['depth'] = torch.full_like(batch['images'][:, :, :1], 25, dtype=torch.float16)
    assert bool((windows_of(batch).depth == 2.5).all())


def test_validation_is_on_clips_that_are_kept_back(task: AnyCamTask) -> None:
    with torch.no_grad():
        figures = task.validate(task.network.eval())
    assert set(figures) == {'flow', 'consistency', 'focal', 'tokens', 'total', 'flow_error_px'}
    images = [task.samples()[index]['images'] for index in range(len(task.samples()))]
    assert len(images) == 1    # of six frames three are kept back
    assert 0.01 < figures['flow_error_px'] < SIDE
    for weight in task.network.parameters():
        weight.data.mul_(0.9)
    with torch.no_grad():
        assert task.validate(task.network) != figures


@pytest.mark.slow
def test_what_is_trained_is_loaded_and_gone_on_from(folder: Path) -> None:
    config = TrainingConfig(task='anycam', output=str(folder / 'run'), steps=3, batch_size=1,
                            warmup_steps=0, workers=0, amp='off',
                            options=options(folder / 'p', folder / 'cache'))
    assert train(config).step == 3
    network = load_checkpoint(folder / 'run' / 'anycam.safetensors')
    assert network.config == SMALL
    task = make_task(options(folder / 'p', folder / 'cache', network={}, weights=str(
        folder / 'run' / 'anycam.safetensors')), CPU)
    for name, weight in task.network.state_dict().items():
        assert torch.equal(weight, network.state_dict()[name])
    assert task.network.training
    task.loss(task.network, batch_of(task), 0)['total'].backward()


def test_the_shipped_configuration_is_valid() -> None:
    config = read_config(CONFIG)
    nano = read_anycam_options(config.options)
    assert nano.objective_options.temperature == 100
    assert nano.frames == 8
    assert 0 < nano.pair_steps < config.steps
    network = AnyCam(nano.network_config)
    assert network.config.candidates == NetworkConfig().candidates
    assert sum(weight.numel() for weight in network.parameters()) < 2e6
    assert set(yaml.safe_load(CONFIG.read_text())['options']['network']) <= set(asdict(SMALL))


@pytest.mark.parametrize(('wrong', 'message'), [
    ({'sise': 3}, 'options sets sise; the task anycam has data, network'),
    ({'frames': 1}, 'frames is 1; allowed: int, 2 to 100'),
    ({'depth': 'guess'}, "depth is 'guess'; allowed: .*'none', 'topic'"),
    ({'network': {'chanels': 3}}, 'network sets chanels; allowed: patch_size'),
    ({'network': {'channels': 'many'}}, "network.channels is 'many'; allowed: int, such as 384"),
    ({'network': {'heads': 5}}, 'channels is 384; allowed: a multiple of heads'),
    ({'network': 3}, 'network is 3; allowed: names and values'),
    ({'objective': {'flow_weight': -1}}, 'objective.flow_weight is -1.0; allowed: finite'),
    ({'weights': 'x.pt', 'network': {'heads': 6}}, 'which brings its own sizes'),
    ({'data': []}, 'data is \\[\\]; allowed: a list'),
])
def test_wrong_options_are_named(wrong: Mapping[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_task({'data': ['nowhere'], **wrong}, CPU)


def test_too_short_recordings_are_told(folder: Path) -> None:
    def make(**others: object) -> None:
        make_task({**options(folder / 'p', folder / 'cache'), **others}, CPU)
    with pytest.raises(ConfigError, match='no clip of 7 frames in a row to train on'):
        make(frames=7, kept_back=0.0)
    with pytest.raises(ConfigError, match=r'kept_back is 0\.2, but no recording has 3 frames'):
        make(kept_back=0.2)
    with pytest.raises(SourceError, match='does not exist'):
        make(data=[str(folder / 'nowhere')])
