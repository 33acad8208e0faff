# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node runs a front end that another package brings."""

from pathlib import Path

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import Peer, PERIOD_NS, pose_matrix
from plugin_front_end import install, python_path, STEP_M
import pytest

from anycam_ros.msg import Status

START_NS = 1_000_000_000


def test_the_node_runs_with_it(peer: Peer, clip: list[NDArray[np.uint8]], tmp_path: Path,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path)
    monkeypatch.setenv('PYTHONPATH', python_path(tmp_path))
    with NodeProcess(parameters=['motion:=steady']):
        peer.wait_until_connected()
        statuses = peer.play(clip[:6], START_NS)
        assert [status.state for status in statuses[1:]] == [Status.TRACKING] * 5
        before, after = (pose_matrix(peer.wait_for_output('odom', START_NS + n * PERIOD_NS))
                         for n in (4, 5))
        np.testing.assert_allclose(after[:3, 3] - before[:3, 3], (STEP_M, 0, 0), atol=1e-9)
