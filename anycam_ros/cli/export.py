# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam export`: write the network as ONNX."""

import argparse
from pathlib import Path

from anycam_ros.cli.arguments import Commands, count, print_lines


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        'export', help='write the network as ONNX, for TensorRT and others',
        description='Write encoder.onnx (once per frame), window.onnx and uncertainty.onnx, and '
                    'compare them with PyTorch. Needs torch, onnx and onnxruntime.')
    parser.set_defaults(run=_run)
    parser.add_argument('weights', type=Path, metavar='WEIGHTS',
                        help='file with the AnyCam weights; `anycam weights` tells where to get '
                             'it')
    parser.add_argument('--output', type=Path, required=True, metavar='DIR',
                        help='folder for the files; created if missing')
    parser.add_argument('--height', type=count(1), default=336, metavar='PX',
                        help='height of the images, a multiple of 14 (default 336)')
    parser.add_argument('--width', type=count(1), default=336, metavar='PX',
                        help='width of the images, a multiple of 14 (default 336)')
    parser.add_argument('--window', type=count(2), default=8, metavar='N',
                        help='frames in one window (default 8)')


def _run(options: argparse.Namespace) -> int:
    from anycam_ros.networks.anycam import load_checkpoint
    from anycam_ros.networks.anycam.onnx_export import export_onnx

    differences = export_onnx(load_checkpoint(options.weights), options.output, options.height,
                              options.width, options.window)
    return print_lines(f'{path}: differs from PyTorch by at most {difference:.1e}'
                       for path, difference in differences.items())
