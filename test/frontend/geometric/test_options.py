# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One option replaced is one ablation; nothing replaced is the default, byte for byte."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace

from clips import Clip
import numpy as np
import pytest

from anycam_ros.frontend.geometric.load import load_geometric
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.odometry import OdometryConfig

DEFAULT = GeometricOptions()
FRAMES = 20


def motions(clip: Clip, options: GeometricOptions | None = None) -> list[MotionEstimate]:
    load = load_geometric(OdometryConfig()) if options is None \
        else load_geometric(OdometryConfig(), options)
    front_end = load(clip.intrinsics, False)
    return [front_end.process(WorkingImage(frame.image_rgb, front_end.camera.intrinsics),
                              frame.stamp_s).complete() for frame in clip.frames[:FRAMES]]


def described(estimates: list[MotionEstimate]) -> bytes:
    """Return all that was computed, as bytes."""
    return b''.join(
        part for estimate in estimates for part in (
            repr((estimate.status, estimate.reason, estimate.is_key_frame)).encode(),
            estimate.T_previous_camera.tobytes(), estimate.covariance.tobytes(),
            b'' if estimate.motion_mask is None else estimate.motion_mask.tobytes(),
            b'' if estimate.uncertainty_px is None else estimate.uncertainty_px.tobytes()))


@pytest.fixture(scope='module')
def by_default(walk: Clip) -> bytes:
    return described(motions(walk))


def test_default_options_are_what_runs_without_any(walk: Clip, by_default: bytes) -> None:
    assert described(motions(walk, GeometricOptions())) == by_default


ABLATIONS: dict[str, Callable[[], GeometricOptions]] = {
    'tracker': lambda: replace(DEFAULT, tracker=replace(
        DEFAULT.tracker, pose=replace(DEFAULT.tracker.pose, fine_minimum_px=3.0))),
    'seeding': lambda: replace(DEFAULT, seeding=replace(DEFAULT.seeding, cell_px=32)),
    'keyframe_selection': lambda: replace(DEFAULT, keyframe_selection=replace(
        DEFAULT.keyframe_selection, flow=0.02)),
    'local_map.window': lambda: replace(DEFAULT, local_map=replace(
        DEFAULT.local_map, window=replace(
            DEFAULT.local_map.window, first_depth_ratio_std=1.0))),
    'matching': lambda: replace(DEFAULT, matching=replace(
        DEFAULT.matching, patch_forward_backward_px=0.1)),
    'motion_mask': lambda: replace(DEFAULT, motion_mask=replace(
        DEFAULT.motion_mask, moving_score=3.0)),
    'covariance': lambda: replace(DEFAULT, covariance=replace(
        DEFAULT.covariance, correlated_tracks=20.0)),
    'focal': lambda: replace(DEFAULT, focal=replace(DEFAULT.focal, first_noise_px=1.0)),
    'working_area_px': lambda: replace(DEFAULT, working_area_px=320 * 240)}


@pytest.mark.parametrize('name', ABLATIONS)
def test_replaced_option_changes_the_result(walk: Clip, by_default: bytes, name: str) -> None:
    assert described(motions(walk, ABLATIONS[name]())) != by_default


def test_options_cannot_be_changed_behind_the_front_end() -> None:
    pending: list[object] = [DEFAULT]
    while pending:
        options = pending.pop()
        assert is_dataclass(options)
        assert options.__dataclass_params__.frozen    # type: ignore[attr-defined]
        pending += [value for field in fields(options)
                    if is_dataclass(value := getattr(options, field.name))]
    assert np.isfinite(DEFAULT.working_area_px)
