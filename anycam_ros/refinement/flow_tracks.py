# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks from dense flow: a grid of points in every key frame, followed through chained flow.

Appendix D: the uncertainty of an observation is the sum of those met on the way to it, so that a
track that once touched something moving stays uncertain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import TracksError
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.array_kinds import as_array
from anycam_ros.refinement.tracks import Tracks, Values

BORDER = 0.99      # of the image's half size: tracks end beyond, as flow there is a guess
VISIBLE = 0.5


class FlowStep(NamedTuple):
    """Hold what leads from one key frame to the next; pixel centres have whole coordinates."""

    flow_px: Values                     # (H, W, 2) x and y; NaN ends a track
    uncertainty_px: Values              # (H, W) expected error of the flow
    is_visible: Values | None = None    # (H, W) above 0.5 where the next key frame shows it, too
    depth: Values | None = None         # (H, W) of the first of the two; 0 or NaN is unknown


@dataclass(frozen=True)
class TrackGrid:
    """Configure where tracks start, and when they end."""

    points: int = 16                      # per row and column
    length: int = 8                       # key frames
    maximum_uncertainty: float = 0.05     # sigma_max; over half the image's width


def flow_tracks(steps: Sequence[FlowStep], grid: TrackGrid | None = None,
                principal_point_px: tuple[float, float] | None = None) -> Tracks:
    """Return the tracks of len(steps) + 1 key frames; they start in every one but the last.

    The principal point is the image's centre unless given. Without depth the inverse depths are
    NaN, which refine() takes as alike. Raises TracksError where the images' sizes differ.
    """
    grid = grid or TrackGrid()
    if not steps:
        raise TracksError('there is no flow; tracks need that of one pair of key frames at least.')
    height, width = _image_size(steps)
    start = _grid_px(grid.points, width, height)
    centre = principal_point_px or ((width - 1) / 2, (height - 1) / 2)
    count, length = len(start), min(grid.length, len(steps) + 1)
    points = np.full((len(steps), count, length, 2), np.nan)
    weight = np.zeros((len(steps), count, length))
    depth = np.full((len(steps), count), np.nan)
    for frame in range(len(steps)):
        _follow(steps[frame:frame + length - 1], start, grid.maximum_uncertainty,
                points[frame], weight[frame])
        image = steps[frame].depth
        if image is not None:
            image = as_array(image)
            # A hole of zeros must not draw the depths around it down.
            depth[frame] = sample(np.where(image > 0, image, np.nan), start)
    return Tracks(np.repeat(np.arange(len(steps)), count),
                  points.reshape(-1, length, 2) - np.array(centre),
                  weight.reshape(-1, length), 1.0 / depth.ravel())


def _follow(steps: Sequence[FlowStep], start: Array, maximum_uncertainty: float, points: Array,
            weight: Array) -> None:
    """Fill where the points (N, 2) are seen (N, L, 2), px, and sigma_max - sigma (N, L)."""
    position, uncertainty = start.copy(), np.zeros(len(start))
    points[:, 0], weight[:, 0] = start, maximum_uncertainty
    for column, step in enumerate(steps, start=1):
        flow = as_array(step.flow_px)
        height, width = flow.shape[:2]
        met = sample(as_array(step.uncertainty_px), position) * 2 / width
        moved = position + sample(flow, position)
        half = np.array([width, height]) / 2
        ended = ~(np.abs((moved + 0.5 - half) / half) < BORDER).all(axis=1)
        if step.is_visible is not None:
            ended |= ~(sample(as_array(step.is_visible), position) >= VISIBLE)
        uncertainty = np.where(ended | ~(met >= 0), np.inf, uncertainty + met)
        # An ended track waits where it was; its uncertainty stays infinite.
        position = np.where(np.isfinite(uncertainty)[:, None], moved, position)
        points[:, column] = position
        weight[:, column] = np.maximum(maximum_uncertainty - uncertainty, 0.0)


def _grid_px(points: int, width: int, height: int) -> Array:
    """Return evenly spaced positions (N, 2) that leave the border free."""
    share = np.arange(1, points + 1) / (points + 1)
    x, y = np.meshgrid(share * width - 0.5, share * height - 0.5)
    return np.column_stack([x.ravel(), y.ravel()])


def sample(image: Array | NDArray[np.bool_], positions_px: Array) -> Array:
    """Return bilinear samples (N, ...) of an image (H, W, ...) at positions (N, 2)."""
    height, width = image.shape[:2]
    x = np.clip(positions_px[:, 0], 0, width - 1)
    y = np.clip(positions_px[:, 1], 0, height - 1)
    left = np.minimum(x.astype(np.int64), width - 2)
    top = np.minimum(y.astype(np.int64), height - 2)
    across, down = x - left, y - top
    trailing = (1,) * (image.ndim - 2)
    across, down = across.reshape(-1, *trailing), down.reshape(-1, *trailing)
    return np.asarray(
        (1 - down) * ((1 - across) * image[top, left] + across * image[top, left + 1])
        + down * ((1 - across) * image[top + 1, left] + across * image[top + 1, left + 1]))


def _image_size(steps: Sequence[FlowStep]) -> tuple[int, int]:
    """Return height and width; raise TracksError where the images do not fit together."""
    shape = tuple(steps[0].flow_px.shape)
    if len(shape) != 3 or shape[2] != 2 or min(shape[:2]) < 2:
        raise TracksError(f'flow_px is {shape}; it must be (height, width, 2).')
    for number, step in enumerate(steps):
        for name, image in zip(step._fields, step, strict=True):
            wanted = shape if name == 'flow_px' else shape[:2]
            if image is not None and tuple(image.shape) != wanted:
                raise TracksError(f'{name} of step {number} is {tuple(image.shape)}; with flow_px '
                                  f'of {shape} it must be {wanted}.')
    return shape[0], shape[1]
