# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of a run: the path from above, the focal length over time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anycam_ros.offline.run_log import RunLog

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ESTIMATE, TRUTH = '#0b62a4', '#8a8a8a'
WIDTH = 1.8


def draw_path(axes: 'Axes', positions: NDArray[np.float64], *,
              truth: NDArray[np.float64] | None = None, unit: str = 'm') -> None:
    """Draw positions (N, 3) from above: x (forward) upwards, y (left) to the left."""
    if truth is not None:
        axes.plot(truth[:, 1], truth[:, 0], color=TRUTH, label='truth', linewidth=4, alpha=0.55)
    axes.plot(positions[:, 1], positions[:, 0], color=ESTIMATE, label='estimate', linewidth=WIDTH)
    axes.plot(*positions[0, [1, 0]], 'o', color=ESTIMATE, markersize=6, label='start')
    axes.set_aspect('equal', adjustable='datalim')
    axes.invert_xaxis()
    axes.set(title='Path from above', xlabel=f'y, left [{unit}]', ylabel=f'x, forward [{unit}]')
    axes.legend(loc='best', frameon=False, fontsize=8)


def draw_focal(axes: 'Axes', times_s: NDArray[np.float64], focal_px: Sequence[float],
               focal_std_px: Sequence[float], *, truth_px: float | None = None) -> None:
    """Draw the focal length over time, with one standard deviation to each side."""
    focal, std = np.asarray(focal_px), np.asarray(focal_std_px)
    observed = np.isfinite(std)
    if truth_px is not None:
        axes.axhline(truth_px, color=TRUTH, linewidth=4, alpha=0.55,
                     label=f'truth {truth_px:.0f} px')
    if observed.any():
        axes.fill_between(times_s, focal - std, focal + std, where=observed.tolist(),
                          color=ESTIMATE, alpha=0.18, linewidth=0, label='± 1 std')
    if not observed.all():
        axes.plot(times_s, np.where(observed, np.nan, focal), color=ESTIMATE, linestyle=':',
                  label='not observed yet')
    axes.plot(times_s, np.where(observed, focal, np.nan), color=ESTIMATE, label='estimate',
              linewidth=WIDTH)
    low, high = np.nanmin(focal), np.nanmax(focal)
    if truth_px is not None:
        low, high = min(low, truth_px), max(high, truth_px)
    axes.set_ylim(0.85 * low, 1.15 * high)
    axes.set(title='Focal length', xlabel='time [s]', ylabel='focal length [px]')
    axes.legend(loc='best', frameon=False, fontsize=8)


def save_plot(path: Path, log: RunLog) -> None:
    """Write the plot of a run; nothing without a pose."""
    if log.poses == 0:
        return
    from matplotlib.figure import Figure

    unit = 'm' if log.last is not None and log.last.scale_source != 'none' else 'arbitrary unit'
    figure = Figure(figsize=(10, 4.6), layout='constrained')
    left, right = figure.subplots(1, 2)
    draw_path(left, np.array(log.positions), unit=unit)
    times_s = (np.array(log.stamps_ns) - log.stamps_ns[0]) * 1e-9
    draw_focal(right, times_s, log.focal_px, log.focal_std_px)
    figure.savefig(path, dpi=110)
