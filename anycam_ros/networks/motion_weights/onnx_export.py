# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network as a graph for onnxruntime, whose weights stay in the file of the training."""

from inspect import signature
import json
from pathlib import Path
from typing import Any
import warnings

import torch

from anycam_ros.errors import WeightsError
from anycam_ros.networks.motion_weights.channels import INPUTS, STATE
from anycam_ros.networks.motion_weights.model import MotionWeights
from anycam_ros.optional_package import needed_for

OPSET = 17
SIZE = 84, 112         # to trace with; the graph takes any even one


def write_graph(network: MotionWeights, weights: Path, path: Path) -> None:
    """Write the graph (.onnx) of a network whose weights are in a .safetensors file beside it.

    Raises DependencyError where the package onnx is missing, and WeightsError where the file has
    other weights than the network.
    """
    with needed_for('writing a graph', 'pip install onnx', 'Apache-2.0'):
        import onnx
        from onnx.external_data_helper import set_external_data
    _trace(network, path)
    graph = onnx.load(str(path))
    stored, begin = _stored(weights)
    for tensor in graph.graph.initializer:
        if tensor.name not in network.state_dict():
            continue
        place = stored.get(tensor.name)
        if place is None or place['shape'] != list(tensor.dims) or place['dtype'] != 'F32':
            raise WeightsError(f'{weights} has no weights {tensor.name!r} of the shape '
                               f'{list(tensor.dims)} in float32; it belongs to another network.')
        first, last = place['data_offsets']
        set_external_data(tensor, weights.name, offset=begin + first, length=last - first)
        tensor.ClearField('raw_data')
    path.write_bytes(graph.SerializeToString())


def _trace(network: MotionWeights, path: Path) -> None:
    known = signature(torch.onnx.export).parameters
    tracing: dict[str, Any] = {'dynamo': False} if 'dynamo' in known else {}
    sides = {2: 'height', 3: 'width'}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')      # that the exporter by tracing is the older one
        # Layers are kept as they are, so that their weights are those of the file.
        torch.onnx.export(
            network.eval(), (torch.zeros(1, len(INPUTS) + len(STATE), *SIZE),), str(path),
            opset_version=OPSET, input_names=['inputs'],
            output_names=['moving_logit', 'log_scale', 'focal_log_likelihood'],
            dynamic_axes={'inputs': sides, 'moving_logit': {1: 'height', 2: 'width'},
                          'log_scale': {1: 'height', 2: 'width'}},
            training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, **tracing)


def _stored(weights: Path) -> tuple[dict[str, Any], int]:
    """Return shape, type and place of each tensor of a .safetensors file, and where data begins.

    Source: the format's description, https://huggingface.co/docs/safetensors.
    """
    with weights.open('rb') as stream:
        length = int.from_bytes(stream.read(8), 'little')
        header: dict[str, Any] = json.loads(stream.read(length))
    return header, 8 + length
