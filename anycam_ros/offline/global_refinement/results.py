# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The results of a run after its whole recording was refined."""

from collections.abc import Iterable
import math
from pathlib import Path
import sys

import numpy as np
from tqdm import tqdm

from anycam_ros.frontend.geometric import FocalState
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.offline.global_refinement.key_frames import KeyFrames
from anycam_ros.offline.global_refinement.metric_unit import in_metres
from anycam_ros.offline.global_refinement.refine_recording import (
    MOST_KEY_FRAMES,
    refine_recording,
)
from anycam_ros.offline.run_log import RunLog
from anycam_ros.recordings.writers.tum import tum_line

CAUSAL_TRAJECTORY = 'trajectory_causal.tum'
PROGRESS_AFTER_S = 2.0


def refine_results(output: Path, log: RunLog, key_frames: KeyFrames) -> None:
    """Refine the recording; keep the causal trajectory in a file beside the refined one.

    Where the recording cannot be refined, the results stay as they are and stderr says why.
    """
    assert log.last is not None
    camera, raw = key_frames.camera, log.last.intrinsics
    scale = camera.scale_to(raw.width)
    refined = refine_recording(
        key_frames, FocalState(raw.fx / scale, camera.is_calibrated), _progress)
    if refined is None:
        sys.stderr.write('anycam: the recording has too little parallax to be refined as a whole; '
                         'its results stay causal.\n')
        return
    if refined.without_loop_closures:
        sys.stderr.write(f'anycam: more than {MOST_KEY_FRAMES} key frames ({refined.key_frames}): '
                         'loop closures were not looked for. Process a part of the recording '
                         '(--start, --frames) or fewer frames (--stride).\n')
    T_world_camera = refined.T_world_camera
    if log.last.scale_source != 'none' and log.before_scale:
        T_world_camera = in_metres(T_world_camera, np.array(key_frames.T_world_camera),
                                   log.before_scale)
        log.before_scale = 0
    # However the run ends, no file of these names is an incomplete trajectory.
    trajectory, unfinished = output / 'trajectory.tum', output / 'trajectory.part'
    unfinished.write_text(''.join(
        tum_line(stamp_ns, T) + '\n'
        for stamp_ns, T in zip(log.stamps_ns, T_world_camera, strict=True)))
    trajectory.rename(output / CAUSAL_TRAJECTORY)
    unfinished.rename(trajectory)
    log.refinement = {'key_frames': refined.key_frames, 'loop_closures': refined.loop_closures}
    focal_px = refined.focal.focal_px * scale
    if not camera.is_calibrated:
        raw = Intrinsics.centred(raw.width, raw.height, focal_px)
    # The whole recording determines the focal length at least as well as its causal run did.
    std = min(refined.focal.relative_std,
              log.last.focal_std_px / log.last.intrinsics.fx)
    is_observed = std < refined.focal.options.observed_std
    log.replace_by_refined(
        T_world_camera, raw, focal_px * std if is_observed else math.inf,
        'given' if camera.is_calibrated else 'estimated' if is_observed else 'prior')


def _progress(steps: Iterable[object], total: int) -> Iterable[object]:
    bar: Iterable[object] = tqdm(
        steps, total=total, desc='loop closures', unit='key frame', delay=PROGRESS_AFTER_S,
        disable=None, dynamic_ncols=True)
    return bar
