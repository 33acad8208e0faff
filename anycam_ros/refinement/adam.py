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
from anycam_ros.refinement.equations import LOG_FOCAL, State
from anycam_ros.refinement.problem import Problem

SMALLEST = 1e-4                       # inverse depth, and z, below which a point costs nothing
FOCAL_RANGE = (0.1, 10.0)             # of the focal length over half the image's width


@dataclass(frozen=True)
class AdamSchedule:
    """Configure the schedule of appendix D; lengths are counted as the network counts them."""

    half_width_px: float = 168.0      # what residuals, and the focal length, are divided by
    unit_m: float = 10.0              # of translations and depths
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
    """Hold M observations of tracks between P pairs of frames."""

    pairs: Tensor             # (P, 2) anchor frame, frame
    pair: Tensor              # (M,)
    track: Tensor             # (M,)
    anchor_xy: Tensor         # (M, 2)
    xy: Tensor                # (M, 2)
    weight: Tensor            # (M,)
    entries: int                      # the unseen ones included


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
            _chain(start, unknowns, stage, schedule)
        _descend(unknowns, data, stage, schedule)
        steps += stage.steps
    return _state(unknowns, start, schedule), steps


def _float32(values: Array) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def _unknowns(start: State, schedule: AdamSchedule) -> Unknowns:
    R = np.swapaxes(start.R, 1, 2)
    centre = -np.einsum('fij,fj->fi', R, start.t) / schedule.unit_m
    focal = np.exp(start.intrinsics[LOG_FOCAL]) / schedule.half_width_px
    return Unknowns(
        _float32(np.stack([_w_first(rotation) for rotation in R])), _float32(centre),
        _float32(start.inverse_depth * schedule.unit_m), _float32(0.5 * np.log(focal)))


def _w_first(R: Array) -> Array:
    return np.roll(quaternion_from_rotation(R), 1)


def _data(problem: Problem, schedule: AdamSchedule) -> Data:
    first, points, weight = problem.observations
    track, offset = np.nonzero(weight)
    xy = points / schedule.half_width_px
    pairs, pair = np.unique(np.column_stack([first[track], first[track] + offset]), axis=0,
                            return_inverse=True)
    return Data(torch.tensor(pairs), torch.tensor(pair.ravel()), torch.tensor(track),
                _float32(xy[track, 0]), _float32(xy[track, offset]),
                _float32(weight[track, offset]), weight.size)


def _chain(start: State, unknowns: Unknowns, stage: Stage, schedule: AdamSchedule) -> None:
    """Start a window's new frames from the last one done, by the relative poses put in."""
    last = stage.free.start - 1
    R_last = _rotation(unknowns.quaternion[last:last + 1])[0].double().numpy()
    centre = unknowns.centre[last].double().numpy()
    for j in stage.free:
        R = start.R[last] @ start.R[j].T
        t = start.t[last] - R @ start.t[j]
        unknowns.quaternion[j] = _float32(_w_first(R_last @ R))
        unknowns.centre[j] = _float32(centre + R_last @ t / schedule.unit_m)


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
        loss.backward()    # type: ignore[no-untyped-call]
        for value in moving:
            if value.grad is not None:
                torch.nan_to_num_(value.grad, nan=0.0, posinf=0.0, neginf=0.0)
        torch.nn.utils.clip_grad_norm_(moving, schedule.largest_gradient)
        optimiser.step()
    for kept, value in zip((unknowns.quaternion[rows], unknowns.centre[rows], *unknowns[2:]),
                           moving, strict=True):
        kept.copy_(value.detach())


def _inside(data: Data, frames: range) -> Data:
    """Return the observations whose both ends are in the frames."""
    inside = (data.pairs[:, 0] >= frames.start) & (data.pairs[:, 1] < frames.stop)
    kept = inside[data.pair]
    return data._replace(pair=data.pair[kept], track=data.track[kept],
                         anchor_xy=data.anchor_xy[kept], xy=data.xy[kept],
                         weight=data.weight[kept])


def _reprojection(unknowns: Unknowns, data: Data) -> Tensor:
    """Return the weighted mean absolute error, entries that are not seen counted as zero."""
    R, centre = _rotation(unknowns.quaternion), unknowns.centre
    focal = torch.exp(2 * unknowns.half_log_focal).clamp(*FOCAL_RANGE)
    inverse_depth = unknowns.inverse_depth.index_select(0, data.track)
    xy = data.anchor_xy / focal
    point = torch.cat([xy, torch.ones_like(xy[:, :1])], dim=1) \
        / inverse_depth.clamp(min=SMALLEST)[:, None]
    # One motion per pair of frames; the pairs are few and the observations many.
    R_pair = R[data.pairs[:, 1]].transpose(1, 2) @ R[data.pairs[:, 0]]
    t_pair = (R[data.pairs[:, 1]].transpose(1, 2)
              @ (centre[data.pairs[:, 0]] - centre[data.pairs[:, 1]])[..., None])
    motion = torch.cat([R_pair, t_pair], dim=2).index_select(0, data.pair)
    local = (motion[..., :3] * point[:, None]).sum(dim=2) + motion[..., 3]
    z = local[:, 2]
    projected = focal * local[:, :2] / z.clamp(min=SMALLEST)[:, None]
    error = (projected - data.xy).abs().mean(dim=1)
    counts = (z >= SMALLEST) & (inverse_depth >= SMALLEST)
    return (error * data.weight * counts).sum() / data.entries


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
    centre = unknowns.centre.double().numpy() * schedule.unit_m
    # World of the descent to world of the start.
    turn = start.R[0].T @ R_world[0].T
    shift = -start.R[0].T @ start.t[0] - turn @ centre[0]
    R = np.ascontiguousarray(np.swapaxes(turn @ R_world, 1, 2))
    t = -np.einsum('fij,fj->fi', R, centre @ turn.T + shift)
    focal = np.clip(np.exp(2 * float(unknowns.half_log_focal)), *FOCAL_RANGE)
    return State(R, t, unknowns.inverse_depth.double().numpy() / schedule.unit_m,
                 np.array([np.log(focal * schedule.half_width_px), start.intrinsics[1]]))
