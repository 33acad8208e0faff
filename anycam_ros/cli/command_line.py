# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command line: anycam odometry, config, weights, export, benchmark."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
import math
from pathlib import Path
import sys

import anycam_ros
from anycam_ros.errors import AnyCamError
from anycam_ros.node.config import NodeConfig
from anycam_ros.odometry import OdometryConfig
from anycam_ros.odometry.options import describe
from anycam_ros.odometry.parameter_file import render_parameter_file
from anycam_ros.optional_package import needed_for

EXIT_OK, EXIT_INCOMPLETE, EXIT_CANNOT_RUN, EXIT_INTERRUPTED = 0, 1, 2, 130
GLOBAL = 'global'
EXIT_CODES = """\
exit code: 0 done; 1 the recording broke off (results up to there are kept) or gave no pose;
2 cannot run"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (AnyCamError, OSError) as error:
        sys.stderr.write(f'anycam: error: {error}\n')
        return EXIT_CANNOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write('anycam: interrupted\n')
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='anycam', description='Visual odometry from one uncalibrated camera.')
    parser.add_argument('--version', action='version', version=anycam_ros.__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    _add_odometry(commands.add_parser(
        'odometry', help='process every frame of a recording', epilog=EXIT_CODES,
        description='Process every frame of a recording, in order: the same input gives the '
                    'same results, byte for byte, but for timing.json.'))
    config = commands.add_parser(
        'config', help='print the parameter file of the node',
        description='Print a ROS parameter file with every parameter, its range and default.')
    config.set_defaults(command=_config)
    _add_weights(commands.add_parser(
        'weights', help='where to get the weights of networks, and under which licence',
        description='List the weights that the odometry can use, with source and licence; fetch '
                    'those named, or check a file. What was fetched once is used without network.'
    ))
    _add_export(commands.add_parser(
        'export', help='write the network as ONNX, for TensorRT and others',
        description='Write encoder.onnx (once per frame), window.onnx and uncertainty.onnx, and '
                    'compare them with PyTorch. Needs torch, onnx and onnxruntime.'))
    _add_benchmarks(commands.add_parser(
        'benchmark', help='measure what the README states'))
    return parser


def _add_weights(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_weights)
    what = parser.add_mutually_exclusive_group()
    what.add_argument('name', nargs='?', metavar='NAME', help='fetch these, with huggingface_hub')
    what.add_argument('--check', type=Path, metavar='FILE',
                      help='check that a file holds the weights of AnyCam; needs torch')


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_export)
    parser.add_argument('weights', type=Path, metavar='WEIGHTS',
                        help='file with the AnyCam weights; `anycam weights` tells where to get '
                             'it')
    parser.add_argument('--output', type=Path, required=True, metavar='DIR',
                        help='folder for the files; made when missing')
    parser.add_argument('--height', type=_count(1), default=336, metavar='PX',
                        help='of the pictures, a multiple of 14 (default 336)')
    parser.add_argument('--width', type=_count(1), default=336, metavar='PX',
                        help='of the pictures, a multiple of 14 (default 336)')
    parser.add_argument('--window', type=_count(2), default=8, metavar='N',
                        help='frames that are looked at together (default 8)')


def _add_benchmarks(parser: argparse.ArgumentParser) -> None:
    benchmarks = parser.add_subparsers(required=True, metavar='WHAT')
    frontend = benchmarks.add_parser(
        'frontend', help='accuracy and speed on recorded sequences',
        description='Run every sequence in DATA from frames 0, 5 and 10 to its end and '
                    'print median and worst: path error (RMSE after Sim(3), and after SE(3) '
                    'where depth makes lengths metric), focal error, mask '
                    'overlap, length of the path, frames lost, frames per second.')
    frontend.add_argument('data', type=Path, metavar='DATA',
                          help='sequence folder, or folder of some')
    _add_odometry_options(frontend)
    frontend.set_defaults(command=_benchmark_frontend)
    refinement = benchmarks.add_parser(
        'refinement', help="the bundle adjustment against the paper's Adam schedule",
        description='Adjust simulated windows and a clip, also by the schedule of the paper, '
                    'which takes minutes. Needs torch.')
    refinement.set_defaults(command=_benchmark_refinement)
    network = benchmarks.add_parser(
        'network', help='the network frame by frame against whole windows',
        description='Take one new frame into a window of 8, with random weights, by the '
                    'incremental step and as the reference does it: time and peak memory. Then '
                    'run the whole odometry over a rendered clip: frames per second, latency, '
                    'peak memory. Needs torch, and ptlflow for the flow of the paper.')
    network.add_argument('--device', choices=('auto', 'cuda', 'cpu'), default='auto',
                         help='auto: the CPU, and CUDA where there is a GPU (default auto)')
    network.add_argument('--flow', default='', metavar='{dis,raft,ptlflow:<model>}',
                         help='optical flow of the whole odometry (default: dis, and '
                              'ptlflow:unimatch_sc2_ref6 as in the paper)')
    network.set_defaults(command=_benchmark_network)


def _add_odometry(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_odometry)
    parser.add_argument(
        'input', type=Path, metavar='INPUT',
        help='ROS 2 bag (.mcap, .db3 or their folder), video, folder of images, or sequence '
             'folder (rgb/, timestamps.txt, optionally camera.yaml, depth/)')
    parser.add_argument('--output', type=Path, required=True, metavar='DIR',
                        help='folder for the results; made when missing, earlier results go')
    parser.add_argument('--topic', help='image topic of a bag that has several')
    parser.add_argument('--depth-topic', metavar='TOPIC',
                        help='for --depth topic: depth topic of a bag that has several')
    parser.add_argument('--scale-topic', metavar='TOPIC',
                        help='for --scale-source topic: odometry topic of a bag that has several')
    parser.add_argument('--fps', type=_positive, metavar='HZ',
                        help='rate of an image folder (default 30) or of a video without stamps')
    parser.add_argument('--start', type=_count(0), default=0, metavar='N',
                        help='first frame, counted from 0')
    parser.add_argument('--frames', type=_count(1), metavar='N',
                        help='process at most N frames')
    parser.add_argument('--stride', type=_count(1), default=1, metavar='N',
                        help='process every N-th frame')
    parser.add_argument('--masks', action='store_true',
                        help='also write masks/, one PNG per frame')
    parser.add_argument('--bag', action='store_true', help='also write odometry.mcap')
    parser.add_argument('--cloud', action='store_true',
                        help='also write cloud.ply, the static scene; dense where there is depth')
    parser.add_argument('--colmap', action='store_true',
                        help='also write colmap/: cameras, key frames and points as text')
    parser.add_argument('--rerun', action='store_true',
                        help='also write recording.rrd for the viewer of rerun; needs rerun-sdk')
    _add_odometry_options(parser, records=True)


def _add_odometry_options(parser: argparse.ArgumentParser, *, records: bool = False) -> None:
    """Add the fields of OdometryConfig; recordings, unlike streams, can be refined as a whole."""
    group = parser.add_argument_group(
        'odometry', 'the parameters of the node that have the same names')
    for config_field in fields(OdometryConfig):
        described = describe(config_field)
        flag = '--' + config_field.name.replace('_', '-')
        default = 'empty' if config_field.default == '' else config_field.default
        text = f'{described.description} Default: {default}.'.replace('%', '%%')
        choices = described.choices
        if records and config_field.name == 'refine':
            choices = (*choices, GLOBAL)
            text += f' {GLOBAL}: the window, and then the whole recording at once.'
        if isinstance(config_field.default, bool):
            group.add_argument(flag, action=argparse.BooleanOptionalAction, help=text,
                               default=config_field.default)
        else:
            # Of open choices argparse knows nothing: OdometryConfig refuses what is none.
            listed = {'metavar': f'{{{",".join(described.choices)}}}'} if described.is_open \
                else {'choices': choices or None}
            group.add_argument(flag, type=type(config_field.default), help=text,
                               default=config_field.default, **listed)


def _odometry(options: argparse.Namespace) -> int:
    from anycam_ros.offline.process_recording import odometry_command, Request
    from anycam_ros.offline.reconstruction.reconstruction import ExportOptions
    from anycam_ros.offline.run_odometry import Selection

    request = Request(
        options.input, options.output, Selection(options.start, options.stride, options.frames),
        options.topic, options.depth_topic, options.scale_topic, options.fps, options.masks,
        options.bag, ExportOptions(options.cloud, options.colmap, options.rerun),
        refines_whole=options.refine == GLOBAL)
    options.refine = 'window' if options.refine == GLOBAL else options.refine
    return EXIT_OK if odometry_command(request, _odometry_config(options)) else EXIT_INCOMPLETE


def _weights(options: argparse.Namespace) -> int:
    from anycam_ros.cli.weights import check_file, fetch_weights, list_weights

    if options.check is not None:
        return _print(check_file(options.check))
    return _print(fetch_weights(options.name) if options.name else list_weights())


def _benchmark_frontend(options: argparse.Namespace) -> int:
    from anycam_ros.evaluation.benchmarks.frontend import benchmark_frontend

    return _print(benchmark_frontend(options.data, _odometry_config(options)))


def _benchmark_refinement(_options: argparse.Namespace) -> int:
    from anycam_ros.evaluation.benchmarks.refinement import benchmark_refinement

    return _print(benchmark_refinement())


def _benchmark_network(options: argparse.Namespace) -> int:
    with needed_for('the network', 'pip install torch', 'BSD-3-Clause'):
        from anycam_ros.evaluation.benchmarks.network import benchmark_network

    return _print(benchmark_network(options.device, options.flow))


def _export(options: argparse.Namespace) -> int:
    from anycam_ros.networks.anycam import load_checkpoint
    from anycam_ros.networks.anycam.onnx_export import export_onnx

    differences = export_onnx(load_checkpoint(options.weights), options.output, options.height,
                              options.width, options.window)
    return _print(f'{path}: differs from PyTorch by at most {difference:.1e}'
                  for path, difference in differences.items())


def _print(lines: Iterator[str]) -> int:
    for line in lines:
        sys.stdout.write(line + '\n')
        sys.stdout.flush()
    return EXIT_OK


def _odometry_config(options: argparse.Namespace) -> OdometryConfig:
    return OdometryConfig(**{config_field.name: getattr(options, config_field.name)
                             for config_field in fields(OdometryConfig)})


def _config(_options: argparse.Namespace) -> int:
    sys.stdout.write(render_parameter_file((NodeConfig, OdometryConfig)))
    return EXIT_OK


def _positive(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f'{text} is given; it must be above 0')
    return value


def _count(minimum: int) -> Callable[[str], int]:
    def integer(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f'{text} is given; it must be at least {minimum}')
        return value
    return integer
