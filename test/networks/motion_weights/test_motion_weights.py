# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion weights: torch and onnxruntime say the same, and other files are refused."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='the network is trained in torch')
pytest.importorskip('onnxruntime', reason='the network runs in onnxruntime')
pytest.importorskip('onnx', reason='the graph is written by onnx')
safetensors = pytest.importorskip('safetensors.torch')

from anycam_ros.errors import WeightsError  # noqa: E402
from anycam_ros.networks.motion_weights.carried_state import carried_state  # noqa: E402
from anycam_ros.networks.motion_weights.channels import (  # noqa: E402
    INPUTS,
    NetworkFrame,
    STATE,
)
from anycam_ros.networks.motion_weights.model import (  # noqa: E402
    MotionWeights,
    MotionWeightsConfig,
)
from anycam_ros.networks.motion_weights.onnx_export import write_graph  # noqa: E402
from anycam_ros.networks.motion_weights.runtime import OnnxMotionNetwork  # noqa: E402


def used_network() -> MotionWeights:
    """Return a network whose normalisation has seen something."""
    torch.manual_seed(3)
    network = MotionWeights(MotionWeightsConfig())
    network.train()
    for _ in range(3):
        network(torch.randn(2, len(INPUTS) + len(STATE), 24, 32))
    return network.eval()


@pytest.fixture
def graph(tmp_path: Path) -> tuple[MotionWeights, Path]:
    network, weights = used_network(), tmp_path / 'motion_weights.safetensors'
    safetensors.save_file({name: value.contiguous()
                           for name, value in network.state_dict().items()}, str(weights))
    write_graph(network, weights, tmp_path / 'motion_weights.onnx')
    return network, tmp_path / 'motion_weights.onnx'


@pytest.mark.parametrize('shape', [(84, 112), (73, 129), (33, 20)])
def test_the_graph_says_what_torch_says(graph: tuple[MotionWeights, Path],
                                        shape: tuple[int, int]) -> None:
    network, path = graph
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((len(INPUTS), *shape)).astype(np.float32)
    before = rng.random(shape).astype(np.float32)
    place = np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))).astype(np.float32)
    frame = NetworkFrame(inputs, place + 1.3, np.zeros(shape, np.float32))
    said = OnnxMotionNetwork(path)(frame, before)
    whole = np.concatenate([inputs, carried_state(before, place + 1.3, shape)])
    whole = np.pad(whole, ((0, 0), (0, shape[0] % 2), (0, shape[1] % 2)), mode='edge')
    with torch.no_grad():
        expected = network(torch.from_numpy(whole)[None])
    rows, columns = shape
    np.testing.assert_allclose(
        said.moving, expected.moving_logit[0, :rows, :columns].sigmoid().numpy(), atol=1e-4)
    np.testing.assert_allclose(
        said.log_scale, expected.log_scale[0, :rows, :columns].numpy(), atol=1e-4)
    np.testing.assert_allclose(
        said.focal_log_likelihood, expected.focal_log_likelihood[0].numpy(), atol=1e-4)


def test_the_graph_has_no_weights_of_its_own(graph: tuple[MotionWeights, Path]) -> None:
    assert graph[1].stat().st_size < 0.05 * graph[1].with_suffix('.safetensors').stat().st_size


def test_truncated_weights_are_refused(graph: tuple[MotionWeights, Path]) -> None:
    weights = graph[1].with_suffix('.safetensors')
    weights.write_bytes(weights.read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match=r'(?s)motion_weights\.onnx.*epipolar'):
        OnnxMotionNetwork(graph[1])


def test_missing_weights_are_refused(graph: tuple[MotionWeights, Path]) -> None:
    graph[1].with_suffix('.safetensors').unlink()
    with pytest.raises(WeightsError, match='damaged or missing'):
        OnnxMotionNetwork(graph[1])


def test_weights_of_another_network_are_refused(graph: tuple[MotionWeights, Path]) -> None:
    wider = MotionWeights(MotionWeightsConfig(widths=(32, 64, 96)))
    with pytest.raises(WeightsError, match='another network'):
        write_graph(wider, graph[1].with_suffix('.safetensors'), graph[1])


def test_nothing_is_carried_from_outside_of_the_picture() -> None:
    shape = (6, 8)
    place = np.stack(np.meshgrid(np.arange(8), np.arange(6))).astype(np.float32)
    came_from = place + np.array([3.0, 0.0])[:, None, None].astype(np.float32)
    state = carried_state(np.ones(shape, np.float32), came_from, shape)
    np.testing.assert_array_equal(state[1], np.broadcast_to(np.arange(8) + 3 <= 7, shape))
    np.testing.assert_array_equal(state[0], state[1])
