# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network as it runs in the odometry: by onnxruntime, on one thread, without torch."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from anycam_ros.errors import WeightsError
from anycam_ros.networks.motion_weights.carried_state import carried_state
from anycam_ros.networks.motion_weights.channels import (
    INPUTS,
    Map,
    MotionPrediction,
    NetworkFrame,
    STATE,
)
from anycam_ros.optional_package import needed_for

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

GRAPH = Path(__file__).with_name('motion_weights.onnx')


def runtime_is_installed() -> bool:
    """Return whether there is what runs the network."""
    return find_spec('onnxruntime') is not None


class OnnxMotionNetwork:
    """Weigh what moves."""

    def __init__(self, graph: Path = GRAPH) -> None:
        """Load the network.

        Raises DependencyError without onnxruntime, and WeightsError for a damaged file.
        """
        self._session = _session(graph)
        expected = len(INPUTS) + len(STATE)
        channels = self._session.get_inputs()[0].shape[1]
        if channels != expected:
            raise WeightsError(f'{graph} takes {channels} inputs, {expected} are needed; it is '
                               'of another version of anycam_ros. Install the package again.')

    def __call__(self, frame: NetworkFrame, moving_before: Map | None) -> MotionPrediction:
        """Return the prediction, given what was said of the frame before."""
        rows, columns = frame.error.shape
        state = carried_state(moving_before, frame.came_from, (rows, columns))
        inputs = np.concatenate([frame.inputs, state])
        # Each level halves the grid; what is missing to an even side is repeated.
        inputs = np.pad(inputs, ((0, 0), (0, rows % 2), (0, columns % 2)), mode='edge')
        logit, log_scale, focal = self._session.run(None, {'inputs': inputs[None]})
        cut = np.s_[0, :rows, :columns]
        return MotionPrediction(1 / (1 + np.exp(-logit[cut])), log_scale[cut], focal[0])


def _session(graph: Path) -> 'InferenceSession':
    with needed_for('uncertainty: network', 'pip install onnxruntime', 'MIT'):
        import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(graph), settings,
                                            providers=['CPUExecutionProvider'])
    except Exception as error:
        # onnxruntime has no base class of its own for what can be wrong with a file.
        raise WeightsError(f'{graph} or the .safetensors file beside it is damaged or missing '
                           f'({error}). Install the package again, or set uncertainty to '
                           "'epipolar'.") from error
