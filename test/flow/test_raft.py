# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RAFT of torchvision with random weights, and its weights missing."""

from pathlib import Path

import numpy as np
import pytest

from anycam_ros.errors import WeightsError

pytestmark = pytest.mark.slow

torch = pytest.importorskip('torch')
CPU = torch.device('cpu')


@pytest.mark.usefixtures('torchvision_loads')
def test_flow_is_what_torchvision_computes(checkpoints: Path) -> None:
    from torchvision.models import optical_flow

    from anycam_ros.flow.raft import raft_flow
    torch.manual_seed(0)
    network = optical_flow.raft_large().eval()
    weights = optical_flow.Raft_Large_Weights.DEFAULT
    torch.save(network.state_dict(), checkpoints / weights.url.rpartition('/')[2])
    first, second = np.random.default_rng(0).integers(0, 256, (2, 128, 136, 3), np.uint8)
    flow, back = raft_flow(CPU).both_ways(first, second)
    prepare = weights.transforms()
    with torch.inference_mode():
        expected = network(*prepare(torch.tensor(first).permute(2, 0, 1)[None],
                                    torch.tensor(second).permute(2, 0, 1)[None]))[-1]
    np.testing.assert_allclose(flow, expected[0].permute(1, 2, 0), atol=1e-3, rtol=1e-3)
    assert np.abs(flow - back).max() > 0.01


@pytest.mark.usefixtures('torchvision_loads')
def test_any_size_is_taken(checkpoints: Path) -> None:
    from torchvision.models import optical_flow

    from anycam_ros.flow.raft import RaftModel
    del checkpoints
    image = torch.rand(1, 3, 75, 141)
    with torch.inference_mode():
        flow = RaftModel(optical_flow.raft_small().eval())(image, image)
    assert flow.shape == (1, 2, 75, 141)
    assert torch.isfinite(flow).all()


@pytest.mark.usefixtures('torchvision_loads')
@pytest.mark.parametrize('content', [None, b'<html>404</html>'])
def test_missing_or_damaged_weights_are_named(checkpoints: Path, content: bytes | None) -> None:
    from torchvision.models.optical_flow import Raft_Large_Weights

    from anycam_ros.flow.raft import raft_flow
    url = Raft_Large_Weights.DEFAULT.url
    file = checkpoints / url.rpartition('/')[2]
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        raft_flow(CPU)
    assert f'Download {url} (21 MB) and save it as {file}' in str(caught.value)
