# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Process a recording into a folder of results."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, ExitStack
from dataclasses import asdict, dataclass, field
import json
import math
from pathlib import Path
import sys
import time

from tqdm import tqdm
import yaml

from anycam_ros.errors import DependencyError, FrameError, OutputError, SourceError
from anycam_ros.frontend.registry import told_by_geometry
from anycam_ros.odometry import OdometryConfig, Speed, VisualOdometry
from anycam_ros.offline.global_refinement.key_frames import KeyFrames
from anycam_ros.offline.global_refinement.results import CAUSAL_TRAJECTORY, refine_results
from anycam_ros.offline.interruption import interruptible
from anycam_ros.offline.plot import save_plot
from anycam_ros.offline.reconstruction import reconstruction
from anycam_ros.offline.reconstruction.reconstruction import ExportOptions, Reconstruction
from anycam_ros.offline.run_log import RunLog
from anycam_ros.offline.run_odometry import Collector, Output, run_odometry, Selection
from anycam_ros.recordings.readers.frame_source import FrameSource, SourceFrame
from anycam_ros.recordings.readers.open_recording import open_recording, open_speeds
from anycam_ros.recordings.readers.speeds import feed_speeds
from anycam_ros.recordings.writers.masks import MaskFolder
from anycam_ros.recordings.writers.tum import TrajectoryFile
from anycam_ros.threads import limit_threads

PROGRESS_AFTER_S = 2.0
RESULTS = ('trajectory.tum', CAUSAL_TRAJECTORY, 'camera.yaml', 'timing.json', 'summary.json',
           'plot.png', 'odometry.mcap', *reconstruction.RESULTS)


@dataclass(frozen=True)
class Request:
    """Say what to read, what to write, and which frames."""

    source: Path
    output: Path
    selection: Selection
    topic: str | None = None
    depth_topic: str | None = None
    scale_topic: str | None = None
    fps: float | None = None
    masks: bool = False
    bag: bool = False
    exports: ExportOptions = field(default_factory=ExportOptions)
    refine_globally: bool = False    # once more, after the last frame


def process_recording(request: Request, config: OdometryConfig) -> bool:
    """Run the odometry and write its results; return whether they are complete.

    They are not where the recording broke off, or where no frame got a pose. However the run
    ends, the results of the frames before are in the folder. Raises an AnyCamError when the
    input cannot be opened.
    """
    source = open_recording(request.source, topic=request.topic, fps=request.fps,
                         calibrated=config.intrinsics == 'given',
                         with_depth=config.depth == 'topic', depth_topic=request.depth_topic)
    speeds = open_speeds(request.source, config.scale_source == 'topic', request.scale_topic)
    odometry, log = VisualOdometry(config), RunLog()
    limit_threads(config.threads)
    key_frames = KeyFrames(odometry) if request.refine_globally else None
    scene = Reconstruction(request.exports, request.output, odometry, key_frames)
    collectors = [*scene.collectors, *([] if key_frames is None else [key_frames])]
    _prepare(request.output)
    started = time.perf_counter()
    sys.stderr.write(f'{source.description}\n')
    note = told_by_geometry(config)
    if note:
        sys.stderr.write(f'{note}\n')
    try:
        reason = _run(request, odometry, source, log, collectors, speeds)
        if key_frames is not None and log.poses:
            refine_results(request.output, log, key_frames)
    finally:
        _write_figures(request, config, log, time.perf_counter() - started)
        scene.write(log)
    if log.frames == 0 and not reason:
        raise SourceError(f'{request.source} has {source.total} frames, but --start is '
                          f'{request.selection.start}. Start earlier.')
    _print_report(request, log)
    if reason:
        sys.stderr.write(f'anycam: {reason}\nFrames up to {log.last_frame} were processed; their '
                         f'results are kept in {request.output}.\n')
    elif log.poses == 0:
        sys.stderr.write(f'anycam: none of {log.frames} frames got a pose. A pose needs two '
                         'usable frames; see the messages above.\n')
    return not reason and log.poses > 0


def _run(request: Request, odometry: VisualOdometry, source: FrameSource, log: RunLog,
         collectors: Sequence[Collector], speeds: Iterable[Speed]) -> str:
    """Run the odometry; return why it ended before the end, or nothing."""
    try:
        with ExitStack() as stack:
            outputs = [_closed_at_end(stack, output) for output in _outputs(request)]
            frames = stack.enter_context(_progress(request.selection, source))
            frames = stack.enter_context(interruptible(feed_speeds(frames, speeds, odometry)))
            run_odometry(odometry, frames, outputs, log, _report_refused, collectors)
    except SourceError as error:
        return str(error)
    return ''


def _prepare(output: Path) -> None:
    """Create the folder and delete the results of an earlier run."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        masks = (output / 'masks').glob('[0-9]*.png')
        for file in (*(output / name for name in RESULTS), *masks):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f'{output} cannot be written: {error.strerror}. Choose another folder '
                          'with --output.') from error


def _outputs(request: Request) -> Iterator[Output]:
    yield TrajectoryFile(request.output / 'trajectory.tum')
    if request.masks:
        yield MaskFolder(request.output / 'masks')
    if request.bag:
        try:
            from anycam_ros.recordings.writers.bag import OdometryBag
        except ImportError as error:
            raise DependencyError(f'--bag needs a package that is missing ({error}). '
                                  'Run: pip install rosbags mcap') from error
        yield OdometryBag(request.output / 'odometry.mcap')


def _closed_at_end(stack: ExitStack, output: Output) -> Output:
    stack.callback(output.close)
    return output


@contextmanager
def _progress(selection: Selection, source: FrameSource) -> Iterator[Iterator[SourceFrame]]:
    """Show a progress bar when stderr is a terminal and the run takes long."""
    with tqdm(selection.of(source), total=selection.length(source.total), unit='frame',
              delay=PROGRESS_AFTER_S, disable=None, dynamic_ncols=True) as bar:
        yield iter(bar)


def _report_refused(frame: SourceFrame, error: FrameError) -> None:
    tqdm.write(f'{frame.name} is skipped: {error}', file=sys.stderr)


def _write_figures(request: Request, config: OdometryConfig, log: RunLog, wall_s: float) -> None:
    output = request.output
    summary = {'input': str(request.source), **log.summary(), 'start': request.selection.start,
               'stride': request.selection.stride, 'config': asdict(config)}
    _write_json(output / 'summary.json', summary)
    _write_json(output / 'timing.json', {'wall_s': round(wall_s, 3), **log.timing()})
    camera = log.camera()
    if camera:
        (output / 'camera.yaml').write_text(yaml.safe_dump(camera, sort_keys=False))
    save_plot(output / 'plot.png', log)


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=2) + '\n')


def _print_report(request: Request, log: RunLog) -> None:
    statuses = ', '.join(f'{name} {count}' for name, count in sorted(log.statuses.items()))
    if log.depth_warning:
        sys.stderr.write(f'anycam: warning: {log.depth_warning}\n')
    depth = f', with depth {log.with_depth}' if log.with_depth else ''
    rows = [('frames', f'{log.frames}, refused {log.refused}{depth}'),
            ('poses', f'{log.poses} ({statuses})')]
    if log.last is not None:
        is_metric = log.last.scale_source != 'none'
        unit = 'm' if is_metric else 'in an arbitrary unit'
        if is_metric and log.before_scale:
            unit += f' (its first {log.before_scale} poses in an arbitrary unit)'
        std_px = log.last.focal_std_px
        std = f' ± {std_px:.1f}' if math.isfinite(std_px) else ''
        focal = f'{log.last.intrinsics.fx:.1f}{std} px'
        rows += [('path length', f'{log.path_length:.3f} {unit}'),
                 ('focal length', f'{focal} ({log.last.focal_source})')]
    rows.append(('results in', str(request.output)))
    sys.stdout.write(''.join(f'{name:<14}{value}\n' for name, value in rows))
