# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's own optimisation, gradient descent with Adam, for comparison only.

It follows the released implementation where that differs from appendix D: the smoothness is that
of the camera centres, observations outside of a stage count as zero in the mean, and the last
stage frees every pose without a gauge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from anycam_ros.geometry.quaternion import quaternion_from_rotation
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.problem import Problem
from anycam_ros.refinement.state import LOG_FOCAL, State

SMALLEST = 1e-4                       # inverse depth, and z, below which a point costs nothing
FOCAL_RANGE = (0.1, 10.0)             # of the focal length over half the image's width


@dataclass(frozen=True)
class AdamSchedule:
    """Configure the schedule of appendix D.

    The steps are of a fixed size: poses and depths are best given in the network's unit, 10 m.
    """

    half_width_px: float = 168.0      # what residuals, and the focal length, are divided by
    window: int = 8
    overlap: int = 6
    window_steps: int = 400
    global_steps: int = 5000          # taken when there is more than one window
    learning_rate: float = 1e-4
    largest_gradient: float = 0.1
    smoothness: float = 0.1


class Unknowns(NamedTuple):
    """Hold what is optimised."""

    quaternion: Tensor        # (F, 4) camera to world, w first
    centre: Tensor            # (F, 3)
    inverse_depth: Tensor     # (N,)
    half_log_focal: Tensor    # ()


class Stage(NamedTuple):
    """Say which frames count, which of them move, and for how long."""

    frames: range
    free: range
    steps: int
    is_global: bool


class Data(NamedTuple):
    """Hold N tracks of L observations."""

    first: Tensor       # (N,) frame of the anchor
    xy: Tensor          # (N, L, 2)
    weight: Tensor      # (N, L)


def stages(frames: int, schedule: AdamSchedule) -> Iterator[Stage]:
    """Yield the sliding windows, each freeing the frames that are new, and all frames at last."""
    end, done = min(schedule.window, frames), 1
    while done < frames:
        yield Stage(range(max(0, end - schedule.window), end), range(done, end),
                    schedule.window_steps, is_global=False)
        done, end = end, min(end + schedule.window - schedule.overlap, frames)
    if frames > schedule.window:
        yield Stage(range(frames), range(frames), schedule.global_steps, is_global=True)


def minimise_by_adam(problem: Problem, schedule: AdamSchedule) -> tuple[State, int]:
    """Return the state that the schedule ends with, and the number of steps."""
    start, steps = problem.start, 0
    unknowns, data = _unknowns(start, schedule), _data(problem, schedule)
    for stage in stages(len(start.t), schedule):
        if not stage.is_global:
            _chain(start, unknowns, stage)
        _descend(unknowns, data, stage, schedule)
        steps += stage.steps
    return _state(unknowns, start, schedule), steps


def _float32(values: Array) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def _unknowns(start: State, schedule: AdamSchedule) -> Unknowns:
    R = np.swapaxes(start.R, 1, 2)
    centre = -np.einsum('fij,fj->fi', R, start.t)
    focal = np.exp(start.intrinsics[LOG_FOCAL]) / schedule.half_width_px
    return Unknowns(
        _float32(np.stack([_w_first(rotation) for rotation in R])), _float32(centre),
        _float32(start.inverse_depth), _float32(0.5 * np.log(focal)))


def _w_first(R: Array) -> Array:
    return np.roll(quaternion_from_rotation(R), 1)


def _data(problem: Problem, schedule: AdamSchedule) -> Data:
    first, points, weight = problem.observations
    return Data(torch.tensor(first), _float32(points / schedule.half_width_px), _float32(weight))


def _chain(start: State, unknowns: Unknowns, stage: Stage) -> None:
    """Start a window's new frames from the last one done, by the relative poses put in."""
    last = stage.free.start - 1
    R_last = _rotation(unknowns.quaternion[last:last + 1])[0].double().numpy()
    centre = unknowns.centre[last].double().numpy()
    for j in stage.free:
        R = start.R[last] @ start.R[j].T
        t = start.t[last] - R @ start.t[j]
        unknowns.quaternion[j] = _float32(_w_first(R_last @ R))
        unknowns.centre[j] = _float32(centre + R_last @ t)


def _descend(unknowns: Unknowns, data: Data, stage: Stage, schedule: AdamSchedule) -> None:
    """Take a stage's steps."""
    rows = slice(stage.free.start, stage.free.stop)
    moving = [value.clone().requires_grad_() for value in (
        unknowns.quaternion[rows], unknowns.centre[rows], *unknowns[2:])]
    optimiser = torch.optim.Adam(moving, lr=schedule.learning_rate)
    data = _inside(data, stage.frames)
    for _ in range(stage.steps):
        optimiser.zero_grad()
        quaternion, centre = unknowns.quaternion.clone(), unknowns.centre.clone()
        quaternion[rows], centre[rows] = moving[0], moving[1]
        loss = _reprojection(Unknowns(quaternion, centre, moving[2], moving[3]), data)
        if stage.is_global:
            change = centre[2:] - 2 * centre[1:-1] + centre[:-2]
            loss = loss + schedule.smoothness * change.abs().mean()
        loss.backward()
        for value in moving:
            if value.grad is not None:
                torch.nan_to_num_(value.grad, nan=0.0, posinf=0.0, neginf=0.0)
        torch.nn.utils.clip_grad_norm_(moving, schedule.largest_gradient)
        optimiser.step()
    for kept, value in zip((unknowns.quaternion[rows], unknowns.centre[rows], *unknowns[2:]),
                           moving, strict=True):
        kept.copy_(value.detach())


def _inside(data: Data, frames: range) -> Data:
    """Return the data with weight 0 where an observation or its anchor is not in the frames."""
    first = data.first[:, None]
    last = first + torch.arange(data.weight.shape[1])
    return data._replace(
        weight=data.weight * ((first >= frames.start) & (last < frames.stop)))


def _reprojection(unknowns: Unknowns, data: Data) -> Tensor:
    """Return the weighted mean absolute error, entries that are not seen counted as zero."""
    R, centre = _rotation(unknowns.quaternion), unknowns.centre
    focal = torch.exp(2 * unknowns.half_log_focal).clamp(*FOCAL_RANGE)
    frames, length = len(R), data.weight.shape[1]
    later = (torch.arange(frames)[:, None] + torch.arange(length)).clamp(max=frames - 1)
    R_later = R[later].transpose(2, 3)
    shift = R_later @ (centre[:, None] - centre[later])[..., None]
    motion = torch.cat([R_later @ R[:, None], shift], dim=3).index_select(0, data.first)
    # The anchored point over its depth; projection does not mind.
    x, y = (data.xy[:, 0] / focal).T[..., None, None]
    scale = unknowns.inverse_depth.clamp(min=SMALLEST)[:, None]
    local = motion[..., 0] * x + motion[..., 1] * y + motion[..., 2] \
        + motion[..., 3] * scale[..., None]
    z = local[..., 2] / scale
    projected = focal * local[..., :2] / (scale * z.clamp(min=SMALLEST))[..., None]
    error = (projected - data.xy).abs().mean(dim=2)
    counts = (z >= SMALLEST) & (unknowns.inverse_depth >= SMALLEST)[:, None]
    loss: Tensor = (error * data.weight * counts).mean()
    return loss


def _rotation(quaternion: Tensor) -> Tensor:
    """Return rotations (F, 3, 3) of quaternions (F, 4), w first, of any length."""
    w, x, y, z = (quaternion / quaternion.norm(dim=1, keepdim=True)).unbind(1)
    return torch.stack([
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
                       dim=1).reshape(-1, 3, 3)


def _state(unknowns: Unknowns, start: State, schedule: AdamSchedule) -> State:
    """Return the unknowns in the solver's terms, moved as a whole so that frame 0 stays."""
    R_world = _rotation(unknowns.quaternion.double()).numpy()
    centre = unknowns.centre.double().numpy()
    # World of the descent to world of the start.
    turn = start.R[0].T @ R_world[0].T
    shift = -start.R[0].T @ start.t[0] - turn @ centre[0]
    R = np.ascontiguousarray(np.swapaxes(turn @ R_world, 1, 2))
    t = -np.einsum('fij,fj->fi', R, centre @ turn.T + shift)
    focal = np.clip(np.exp(2 * float(unknowns.half_log_focal)), *FOCAL_RANGE)
    return State(R, t, unknowns.inverse_depth.double().numpy(),
                 np.array([np.log(focal * schedule.half_width_px), start.intrinsics[1]]))
