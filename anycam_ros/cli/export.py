# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam export`: write the network as ONNX."""

import argparse
from collections.abc import Iterator
from pathlib import Path
import shutil

from anycam_ros.cli.arguments import Commands, count, print_lines


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        'export', help='write the network as ONNX, for TensorRT and others',
        description='Write encoder.onnx (once per frame), window.onnx and uncertainty.onnx, and '
                    'compare them with PyTorch; of motion weights that `anycam train` has made, '
                    'motion_weights.onnx for `uncertainty: network:<file>`. Needs torch, onnx '
                    'and onnxruntime.')
    parser.set_defaults(run=_run)
    parser.add_argument('weights', type=Path, metavar='WEIGHTS',
                        help='file with the AnyCam weights (`anycam weights` tells where to get '
                             'it), or the .safetensors of motion weights')
    parser.add_argument('--output', type=Path, required=True, metavar='DIR',
                        help='folder for the files; created if missing')
    parser.add_argument('--height', type=count(1), default=336, metavar='PX',
                        help='height of the images, a multiple of 14 (default 336)')
    parser.add_argument('--width', type=count(1), default=336, metavar='PX',
                        help='width of the images, a multiple of 14 (default 336)')
    parser.add_argument('--window', type=count(2), default=8, metavar='N',
                        help='frames in one window (default 8)')


def _run(options: argparse.Namespace) -> int:
    from anycam_ros.training.weights import TASK_KEY
    from anycam_ros.weights.weights_file import read_weights

    if read_weights(options.weights).metadata.get(TASK_KEY) == 'motion_weights':
        return print_lines(_motion_weights(options.weights, options.output))
    from anycam_ros.networks.anycam import load_checkpoint
    from anycam_ros.networks.anycam.onnx_export import export_onnx

    differences = export_onnx(load_checkpoint(options.weights), options.output, options.height,
                              options.width, options.window)
    return print_lines(f'{path}: differs from PyTorch by at most {difference:.1e}'
                       for path, difference in differences.items())


def _motion_weights(weights: Path, output: Path) -> Iterator[str]:
    """Write the graph of motion weights, and a copy of these beside it."""
    from anycam_ros.networks.motion_weights.model import MotionWeights, MotionWeightsConfig
    from anycam_ros.networks.motion_weights.onnx_export import write_graph
    from anycam_ros.training.weights import put_weights, read_trained_weights

    network = MotionWeights(MotionWeightsConfig())
    put_weights(network, read_trained_weights(weights, 'motion_weights'), weights)
    output.mkdir(parents=True, exist_ok=True)
    copy, graph = output / 'motion_weights.safetensors', output / 'motion_weights.onnx'
    if copy.resolve() != weights.resolve():
        shutil.copyfile(weights, copy)
    write_graph(network, copy, graph)
    yield f'{graph}: for uncertainty: network:{graph}; its weights are in {copy.name}'
