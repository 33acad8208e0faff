# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models of ptlflow with random weights; models and weights that do not exist."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anycam_ros.errors import ConfigError, WeightsError

pytestmark = pytest.mark.slow

torch = pytest.importorskip('torch')
CPU = torch.device('cpu')


@pytest.fixture(scope='session')
def ptlflow(torchvision_loads: None) -> Any:  # noqa: ANN401
    del torchvision_loads
    return pytest.importorskip('ptlflow')


def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)


@pytest.mark.parametrize('name', ['unimatch_sc2_ref6', 'neuflow2'])
def test_flow_is_what_ptlflow_computes(ptlflow: Any, name: str) -> None:  # noqa: ANN401
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    torch.manual_seed(0)
    network = ptlflow.get_model(name).eval()
    first, second = images()
    flow = ptlflow_flow(name, CPU, network.state_dict())
    forward, backward = flow.both_ways(first, second)
    pair_bgr = torch.tensor(np.stack([first, second])[..., ::-1].copy()).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        expected = network({'images': pair_bgr[None]})['flows'][0, 0]
    np.testing.assert_allclose(forward, expected.permute(1, 2, 0), atol=2e-3, rtol=2e-3)
    assert np.abs(forward - backward).max() > 0.01
    smaller = flow.both_ways(first[:, :80], second[:, :80])[0]   # another camera
    assert smaller.shape == (64, 80, 2)
    assert np.isfinite(smaller).all()


def test_unimatch_sees_images_as_small_as_anycam_gives_it() -> None:
    from anycam_ros.flow.ptlflow_model import PtlflowModel
    seen = []

    class Recorder(torch.nn.Module):
        def forward(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            batch, _, _, height, width = inputs['images'].shape
            seen.append((height, width))
            return {'flows': torch.ones(batch, 1, 2, height, width)}
    for name in ('unimatch_sc2_ref6', 'raft'):
        flow = PtlflowModel(Recorder(), name)(*torch.zeros(2, 1, 3, 336, 448))
        assert flow.shape == (1, 2, 336, 448)
    assert seen == [(320, 448), (336, 448)]


def test_model_that_does_not_exist_is_refused_with_those_that_do(
        ptlflow: Any) -> None:  # noqa: ANN401
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    with pytest.raises(ConfigError, match=r"'ptlflow:unimatsch'.*has no such model") as caught:
        ptlflow_flow('unimatsch', CPU)
    assert all(name in str(caught.value) for name in ptlflow.get_model_names())


def test_weights_of_another_model_are_refused(ptlflow: Any) -> None:  # noqa: ANN401
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    state = ptlflow.get_model('neuflow').state_dict()
    with pytest.raises(WeightsError, match=r'(?s)not those of ptlflow:neuflow2.*Missing key'):
        ptlflow_flow('neuflow2', CPU, state)


def test_cached_weights_are_used(ptlflow: Any, checkpoints: Path) -> None:  # noqa: ANN401
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    network = ptlflow.get_model('neuflow2').eval()
    url = network.pretrained_checkpoints['mixed']
    torch.save({'state_dict': network.state_dict()}, checkpoints / url.rpartition('/')[2])
    first, second = images()
    np.testing.assert_array_equal(
        ptlflow_flow('neuflow2', CPU).both_ways(first, second)[0],
        ptlflow_flow('neuflow2', CPU, network.state_dict()).both_ways(first, second)[0])


def test_missing_weights_are_named(ptlflow: Any, checkpoints: Path) -> None:  # noqa: ANN401
    from anycam_ros.flow.ptlflow_model import ptlflow_flow
    url = ptlflow.get_model_reference('unimatch_sc2_ref6').pretrained_checkpoints['mix']
    with pytest.raises(WeightsError) as caught:
        ptlflow_flow('unimatch_sc2_ref6', CPU)
    assert f'Download {url} and save it as {checkpoints / url.rpartition("/")[2]}' \
        in str(caught.value)
