# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam benchmark`: measure what docs/benchmarks.md states."""

import argparse
from pathlib import Path

from anycam_ros.cli.arguments import (
    add_odometry_options,
    Commands,
    count,
    odometry_config,
    print_lines,
)
from anycam_ros.optional_package import needed_for


def add_parser(commands: Commands) -> None:
    """Add the command with one subcommand per benchmark."""
    parser = commands.add_parser(
        'benchmark', help='measure the figures of README.md and docs/benchmarks.md')
    benchmarks = parser.add_subparsers(required=True, metavar='WHAT')
    _add_frontend(benchmarks)
    _add_variations(benchmarks)
    _add_uncertainty(benchmarks)
    _add_refinement(benchmarks)
    _add_network(benchmarks)


def _add_frontend(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        'frontend', help='accuracy and speed on recorded sequences',
        description='Run every sequence in DATA from frames 0, 5 and 10 to its end and '
                    'print median and worst: path error (RMSE after Sim(3) alignment, and after '
                    'SE(3) where depth makes lengths metric), path ratio, scale drift, rotation '
                    'error over 30 frames, share of frames TRACKING, overlap of the motion masks, '
                    'focal length error and deviation, frames per second.')
    parser.set_defaults(run=_run_frontend)
    parser.add_argument('data', type=Path, metavar='DATA',
                        help='a sequence folder, or a folder of sequence folders')
    add_odometry_options(parser)


def _add_variations(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        'variations', help='what breaks when recorded sequences are varied',
        description='Run every sequence in DATA by the default odometry as it is, mirrored, back '
                    'in time, at a half and a third of its rate, cropped to its middle, strongly '
                    'compressed and darkened. Print the figures of each run, and in the end a '
                    'Markdown table that shows which are more than 1.5 times worse.')
    parser.set_defaults(run=_run_variations)
    parser.add_argument('data', type=Path, metavar='DATA', nargs='+',
                        help='sequence folders, or folders of sequence folders')
    parser.add_argument('--frames', type=count(3), metavar='N',
                        help='only the first N frames of each sequence (default: all)')
    parser.add_argument('--jobs', type=count(1), default=1, metavar='N',
                        help='run N sequences at the same time (default 1)')


def _add_uncertainty(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        'uncertainty', help='what tells what moves: geometry and network side by side',
        description='Run every sequence in DATA from frames 0, 5 and 10, and rendered clips that '
                    'no training has used, once with uncertainty: epipolar and once with '
                    'network. Print masks, motion and time of both as Markdown.')
    parser.set_defaults(run=_run_uncertainty)
    parser.add_argument('data', type=Path, metavar='DATA',
                        help='a sequence folder, or a folder of sequence folders')
    parser.add_argument('--procedural', type=count(0), default=0, metavar='N',
                        help='also N rendered clips; needs scikit-image (default 0)')
    parser.add_argument('--jobs', type=count(1), default=1, metavar='N',
                        help='run N clips at the same time (default 1)')


def _add_refinement(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        'refinement', help="the bundle adjustment against the paper's Adam schedule",
        description='Refine simulated windows and a clip, also with the schedule of the paper, '
                    'which takes minutes. Needs torch.')
    parser.set_defaults(run=_run_refinement)


def _add_network(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        'network', help='the network frame by frame against whole windows',
        description='Add one new frame to a window of 8, with random weights, by the '
                    'incremental step and as the reference does it: time and peak memory. Then '
                    'run the whole odometry over a rendered clip: frames per second, latency, '
                    'peak memory. Needs torch, and ptlflow for the flow of the paper.')
    parser.set_defaults(run=_run_network)
    parser.add_argument('--device', choices=('auto', 'cuda', 'cpu'), default='auto',
                        help='auto: the CPU, and CUDA where there is a GPU (default auto)')
    parser.add_argument('--flow', default='', metavar='{dis,raft,ptlflow:<model>}',
                        help='optical flow of the whole odometry (default: dis, and '
                             'ptlflow:unimatch_sc2_ref6 as in the paper)')


def _run_frontend(options: argparse.Namespace) -> int:
    from anycam_ros.evaluation.benchmarks.frontend import benchmark_frontend

    return print_lines(benchmark_frontend(options.data, odometry_config(options)))


def _run_variations(options: argparse.Namespace) -> int:
    from anycam_ros.evaluation.benchmarks.variations import benchmark_variations

    return print_lines(benchmark_variations(options.data, options.frames, options.jobs))


def _run_uncertainty(options: argparse.Namespace) -> int:
    from anycam_ros.evaluation.benchmarks.uncertainty import benchmark_uncertainty

    return print_lines(benchmark_uncertainty(options.data, options.procedural, options.jobs))


def _run_refinement(_options: argparse.Namespace) -> int:
    from anycam_ros.evaluation.benchmarks.refinement import benchmark_refinement

    return print_lines(benchmark_refinement())


def _run_network(options: argparse.Namespace) -> int:
    with needed_for('the network', 'pip install torch', 'BSD-3-Clause'):
        from anycam_ros.evaluation.benchmarks.network import benchmark_network

    return print_lines(benchmark_network(options.device, options.flow))
