# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam odometry`: process every frame of a recording."""

import argparse
from pathlib import Path

from anycam_ros.cli.arguments import (
    add_odometry_options,
    Commands,
    count,
    EXIT_INCOMPLETE,
    EXIT_OK,
    GLOBAL,
    odometry_config,
    positive,
)

EXIT_CODES = """\
exit code: 0 done; 1 the recording broke off (results up to there are kept) or gave no pose;
2 cannot run"""


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        'odometry', help='process every frame of a recording', epilog=EXIT_CODES,
        description='Process every frame of a recording, in order. The same input gives the '
                    'same results, byte for byte, except timing.json.')
    parser.set_defaults(run=_run)
    _add_input_options(parser)
    _add_output_options(parser)
    add_odometry_options(parser, with_global=True)


def _add_input_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'input', type=Path, metavar='INPUT',
        help='ROS 2 bag (.mcap, .db3 or their folder), video, folder of images, or sequence '
             'folder (rgb/, timestamps.txt, optionally camera.yaml, depth/)')
    parser.add_argument('--topic', help='image topic of a bag that has several')
    parser.add_argument('--depth-topic', metavar='TOPIC',
                        help='for --depth topic: depth topic of a bag that has several')
    parser.add_argument('--scale-topic', metavar='TOPIC',
                        help='for --scale-source topic: odometry topic of a bag that has several')
    parser.add_argument('--fps', type=positive, metavar='HZ',
                        help='rate of an image folder (default 30) or of a video without stamps')
    parser.add_argument('--start', type=count(0), default=0, metavar='N',
                        help='first frame, counted from 0')
    parser.add_argument('--frames', type=count(1), metavar='N',
                        help='process at most N frames')
    parser.add_argument('--stride', type=count(1), default=1, metavar='N',
                        help='process every N-th frame')


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--output', type=Path, required=True, metavar='DIR',
                        help='folder for the results; created if missing, earlier results in it '
                             'are deleted')
    parser.add_argument('--masks', action='store_true',
                        help='also write masks/, one PNG per frame')
    parser.add_argument('--bag', action='store_true', help='also write odometry.mcap')
    parser.add_argument('--cloud', action='store_true',
                        help='also write cloud.ply, the static scene; dense where there is depth')
    parser.add_argument('--colmap', action='store_true',
                        help='also write colmap/: cameras, key frames and points as text')
    parser.add_argument('--rerun', action='store_true',
                        help='also write recording.rrd for the rerun viewer; needs rerun-sdk')


def _run(options: argparse.Namespace) -> int:
    from anycam_ros.offline.process_recording import process_recording, Request
    from anycam_ros.offline.reconstruction.reconstruction import ExportOptions
    from anycam_ros.offline.run_odometry import Selection

    request = Request(
        options.input, options.output,
        Selection(start=options.start, stride=options.stride, count=options.frames),
        topic=options.topic, depth_topic=options.depth_topic, scale_topic=options.scale_topic,
        fps=options.fps, masks=options.masks, bag=options.bag,
        exports=ExportOptions(cloud=options.cloud, colmap=options.colmap, rerun=options.rerun),
        refine_globally=options.refine == GLOBAL)
    options.refine = 'window' if options.refine == GLOBAL else options.refine
    is_complete = process_recording(request, odometry_config(options))
    return EXIT_OK if is_complete else EXIT_INCOMPLETE
