# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The picture of a run: path, focal length, four frames with their motion masks."""

from pathlib import Path

import cv2
from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray
from recorder import Recorder
from result import Playback, Result

from anycam_ros.offline.plot import draw_focal, draw_path
from anycam_ros.recordings.readers.frame_source import FrameSource

Image = NDArray[np.uint8]
SHARES = (0.125, 0.375, 0.625, 0.875)   # of the clip, where the four frames are taken
MOVING = (255, 64, 32)


def save_picture(file: Path, name: str, result: Result, recorder: Recorder, playback: Playback,
                 source: FrameSource) -> None:
    """Write the picture of a run over the clip with this name."""
    p50, p95 = np.percentile(result.latencies_ms, (50, 95))
    poses = f'{result.poses_out} poses from {result.frames_in} frames'
    title = f'{name}, live: {poses}, latency {p50:.0f} ms (95 %: {p95:.0f} ms)'
    figure = Figure(figsize=(13, 7.4), layout='constrained', dpi=110)
    figure.suptitle(title, fontsize=13)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(1.5, 1)))
    left, right = upper.subplots(1, 2)
    _draw_path(left, result)
    draw_focal(right, result.times_s, result.focal_px.tolist(), result.focal_std_px.tolist(),
               truth_px=result.true_focal_px)
    pictures = _overlaid(recorder, playback, source)
    for axes, (time_s, image) in zip(np.ravel(lower.subplots(1, len(pictures))), pictures,
                                     strict=True) if pictures else ():
        axes.imshow(image)
        axes.set_axis_off()
        axes.set_title(f'motion mask at {time_s:.1f} s', fontsize=10)
    figure.savefig(file)


def _draw_path(axes: Axes, result: Result) -> None:
    if result.truth is None:
        draw_path(axes, result.positions, unit='arbitrary unit')
        return
    draw_path(axes, result.truth.scale * result.positions, truth=result.truth.positions)
    axes.set_title(f'Path from above: error {result.truth.score.path_error_m:.3f} m over '
                   f'{result.truth.path_length_m:.1f} m, after Sim(3) alignment')


def _overlaid(recorder: Recorder, playback: Playback, source: FrameSource) \
        -> list[tuple[float, Image]]:
    """Return time and picture of the four frames."""
    stamps = recorder.masked_stamps
    if not stamps:
        return []
    times = stamps[0] + np.array(SHARES) * (stamps[-1] - stamps[0])
    nearest = np.abs(np.subtract.outer(stamps, times)).argmin(axis=0)
    chosen = {playback.recorded_ns(stamps[index]): stamps[index] for index in nearest}
    out = []
    for frame in source:
        stamp = chosen.get(frame.stamp_ns)
        if stamp is not None:
            time_s = (frame.stamp_ns - playback.first_stamp_ns) * 1e-9
            out.append((time_s, overlaid(frame.load().image_rgb, recorder.mask(stamp))))
        if len(out) == len(chosen):
            break
    return out


def overlaid(image_rgb: Image, mask: Image) -> Image:
    """Return the image (H, W, 3) with the masked region tinted and outlined."""
    out: Image = image_rgb.copy()
    moving = mask > 0
    out[moving] = (out[moving] // 2 + np.array(MOVING, np.uint8) // 2)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, outlines, -1, MOVING, 2)
    return out
