# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Play a clip into the node and show what comes out: a table, and demo/result.png.

The node runs as its own process with the shipped config/anycam.yaml; a player feeds it over DDS
at the recorded rate. Without --input the clip is rendered: a room with a known camera path and
lens, and things that move through it.
"""

import argparse
import os
from pathlib import Path
import sys
import time
from typing import TYPE_CHECKING

from processes import choose_domain, HERE, NAMESPACE, Process, running_node, running_player
from tqdm import tqdm

from anycam_ros.errors import AnyCamError, SourceError
from anycam_ros.recordings.readers.frame_source import FrameSource
from anycam_ros.recordings.readers.open_recording import open_recording

if TYPE_CHECKING:
    from recorder import Recorder
    from result import Playback

OUTPUT = HERE / 'output'
NODE_TIMEOUT_S, LAST_RESULTS_S, POLL_S = 300.0, 3.0, 0.1
RENDERED_S = 12.0


def main() -> int:
    """Run the demo; return its exit code."""
    options = _options()
    choose_domain()
    OUTPUT.mkdir(exist_ok=True)
    try:
        if options.input is not None:   # say what is wrong with it before anything is started
            _open(options, options.input)
        sys.stderr.write('To watch it with ROS tools: '
                         f'ROS_DOMAIN_ID={os.environ["ROS_DOMAIN_ID"]}, topics below '
                         f'/{NAMESPACE}. Log of the node: {OUTPUT / "node.log"}\n')
        with running_node(OUTPUT / 'node.log') as node:
            # The first start compiles: time enough to render.
            clip = options.input or _rendered_clip()
            return _play(options, clip, node)
    except AnyCamError as error:
        sys.stderr.write(f'demo: {error}\n')
        return 2
    except KeyboardInterrupt:
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--input', type=lambda text: Path(text).resolve(),
                        help='bag, video, folder of images or sequence folder')
    parser.add_argument('--topic', help='image topic of a bag that has several')
    parser.add_argument('--fps', type=float, help='rate of an image folder')
    parser.add_argument('--seconds', type=float, default=float('inf'),
                        help='play this much of it')
    parser.add_argument('--picture', type=Path, default=HERE / 'result.png',
                        help='where the picture goes (default: demo/result.png)')
    return parser.parse_args()


def _open(options: argparse.Namespace, clip: Path) -> FrameSource:
    return open_recording(clip, topic=options.topic, fps=options.fps)


def _rendered_clip() -> Path:
    from clip import rendered_clip

    return rendered_clip(OUTPUT / 'rendered_clip', RENDERED_S)


def _play(options: argparse.Namespace, clip: Path, node: Process) -> int:
    from picture import save_picture
    import rclpy
    from recorder import Recorder
    from result import evaluate
    from table import table

    rclpy.init()
    recorder = Recorder(NAMESPACE)
    try:
        _wait_for_node(node, recorder)
        source = _open(options, clip)
        with running_player(_player_arguments(options, clip)) as player:
            playback = _follow(player, recorder, source.total)
        result = evaluate(recorder, playback, clip)
        save_picture(options.picture, clip.name, result, recorder, playback, source)
    finally:
        recorder.stop()
        rclpy.try_shutdown()
    sys.stdout.write(table(result))
    sys.stdout.write(f'{"picture":<24}{options.picture}\n')
    return 0


def _player_arguments(options: argparse.Namespace, clip: Path) -> list[str]:
    given = {'--topic': options.topic, '--fps': options.fps, '--seconds': options.seconds}
    return [str(clip), *(word for name, value in given.items() if value is not None
                         for word in (name, str(value)))]


def _wait_for_node(node: Process, recorder: 'Recorder') -> None:
    """Wait until the node is up: it says so by a status while no image arrives."""
    deadline = time.monotonic() + NODE_TIMEOUT_S
    with tqdm(desc='waiting for the node (the first start compiles)', delay=2, disable=None,
              bar_format='{desc}: {elapsed}') as bar:
        while not recorder.heard:
            if node.poll() is not None or time.monotonic() > deadline:
                raise SourceError('the node does not come up; its log, demo/output/node.log:\n'
                                  + (OUTPUT / 'node.log').read_text()[-2000:])
            bar.update()
            time.sleep(POLL_S)


def _follow(player: Process, recorder: 'Recorder', total: int | None) -> 'Playback':
    """Wait until the clip is played and its last results have come."""
    from result import Playback

    assert player.stdout is not None
    words = player.stdout.readline().split()
    if not words or words[0] != 'start':
        raise SourceError('the player gives up, see above')
    start_ns, first_stamp_ns = int(words[1]), int(words[2])
    with tqdm(desc='playing', total=total, unit='frame', delay=2, disable=None) as bar:
        while player.poll() is None:
            bar.update(len(recorder.statuses) - bar.n)
            time.sleep(POLL_S)
        published = int(player.stdout.readline().split()[1])
        deadline = time.monotonic() + LAST_RESULTS_S
        while len(recorder.statuses) < published and time.monotonic() < deadline:
            time.sleep(POLL_S)
        bar.update(len(recorder.statuses) - bar.n)
    return Playback(start_ns, first_stamp_ns, published)


if __name__ == '__main__':
    sys.exit(main())
