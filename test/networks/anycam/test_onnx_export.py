# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is written as ONNX computes what torch computes."""

from pathlib import Path

import numpy as np
import pytest
from small_network import random_window, SMALL
import torch

from anycam_ros.errors import ConfigError
from anycam_ros.frontend.network.stream_window import StreamFrame, StreamWindow
from anycam_ros.networks.anycam import AnyCam, average_directions

pytest.importorskip('onnx', reason='onnx is not installed')
pytest.importorskip('onnxruntime', reason='onnxruntime is not installed')

from anycam_ros.networks.anycam.onnx_export import export_onnx, run_onnx

pytestmark = pytest.mark.slow

HEIGHT, WIDTH, WINDOW = 42, 56, 3


@pytest.fixture(scope='module')
def folder(network: AnyCam, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('onnx') / 'made'
    differences = export_onnx(network, folder, HEIGHT, WIDTH, WINDOW)
    assert [path.name for path in differences] == ['encoder.onnx', 'window.onnx',
                                                   'uncertainty.onnx']
    assert max(differences.values()) < 1e-5
    return folder


def test_the_parts_together_are_the_network(network: AnyCam, folder: Path) -> None:
    inputs = random_window(1, WINDOW, HEIGHT, WIDTH, seed=5)
    with torch.inference_mode():
        out = network(**inputs)
    token, *levels = run_onnx(folder / 'encoder.onnx', {
        name: value[0].numpy() for name, value in inputs.items()})
    poses, log_probs = run_onnx(folder / 'window.onnx', {'tokens': token[None]})
    np.testing.assert_allclose(poses, out.poses, atol=1e-5)
    np.testing.assert_allclose(log_probs, out.focal_log_probs, atol=1e-5)
    for candidate in range(SMALL.candidates):
        uncertainty, = run_onnx(folder / 'uncertainty.onnx', {
            **{f'level{number}': level for number, level in enumerate(levels)},
            'candidate': np.array([candidate])})
        np.testing.assert_allclose(uncertainty, out.uncertainty(candidate)[0], atol=1e-5)


def test_any_number_of_frames_and_windows_goes_in_at_once(network: AnyCam,
                                                          folder: Path) -> None:
    inputs = random_window(2, WINDOW, HEIGHT, WIDTH)
    tokens = [run_onnx(folder / 'encoder.onnx', {
        name: value[0, number:number + 1].numpy() for name, value in inputs.items()})[0]
              for number in range(WINDOW)]
    poses, _ = run_onnx(folder / 'window.onnx', {'tokens': np.stack(tokens, axis=1)})
    with torch.inference_mode():
        np.testing.assert_allclose(poses, network(**inputs).poses[:1], atol=1e-5)


def test_a_stream_can_be_run_from_the_files(network: AnyCam, folder: Path) -> None:
    clip = random_window(2, WINDOW, HEIGHT, WIDTH, seed=3)
    images, depth = clip['images'][0], clip['depth'][0]
    forward, backward = clip['flow']
    none = torch.zeros(1, 2, HEIGHT, WIDTH)
    window, estimate = StreamWindow(network, WINDOW), None
    for number in range(WINDOW):
        flows = (forward[number - 1], backward[number - 1]) if number else (None, None)
        estimate = window.push(StreamFrame(images[number], depth[number], *flows))
    rows = []
    for flow, order in ((torch.cat([forward[:-1], none]), [0, 1, 2]),
                        (torch.cat([none, backward[:-1]]), [2, 1, 0])):
        token = run_onnx(folder / 'encoder.onnx', {
            'images': images[order].numpy(), 'flow': flow[order].numpy(),
            'depth': depth[order].numpy()})[0]
        rows.append(token)
    poses = torch.tensor(run_onnx(folder / 'window.onnx', {'tokens': np.stack(rows)})[0])
    assert estimate is not None
    torch.testing.assert_close(average_directions(poses[0], poses[1].flip(0)),
                               estimate.relative_poses, atol=1e-5, rtol=0)


@pytest.mark.parametrize(('height', 'width', 'window'), [(43, 56, 3), (42, 0, 3), (42, 56, 1)])
def test_sizes_that_cannot_be_exported_are_refused(network: AnyCam, tmp_path: Path, height: int,
                                                   width: int, window: int) -> None:
    with pytest.raises(ConfigError, match='multiples of 14'):
        export_onnx(network, tmp_path, height, width, window)
