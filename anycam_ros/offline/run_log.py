# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run: counts, camera, timings."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
import math
from pathlib import Path
import platform

import cv2
import numpy as np
from numpy.typing import NDArray

import anycam_ros
from anycam_ros.depth.units import unit_warning
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry import Frame, OdometryEstimate, TrackingState
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.stamps import format_stamp

Figures = dict[str, object]


@dataclass
class RunLog:
    """Collect figures frame by frame."""

    frames: int = 0
    refused: int = 0
    with_depth: int = 0
    depth_warning: str = ''
    before_scale: int = 0                                         # poses in an arbitrary unit
    last_frame: str = 'none'                                      # index and stamp
    stamps_ns: list[int] = field(default_factory=list)             # of the poses
    T_odom_camera: list[NDArray[np.float64]] = field(default_factory=list)    # the poses
    images: list[str] = field(default_factory=list)                # of the poses, file names
    focal_px: list[float] = field(default_factory=list)
    focal_std_px: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    timings_ms: defaultdict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list))
    last: OdometryEstimate | None = None
    refinement: Figures = field(default_factory=dict)              # of the whole recording

    def add_depth(self, frame: Frame) -> None:
        """Count the frames with depth, and keep the first warning about its unit."""
        if frame.depth_m is not None:
            self.with_depth += 1
            self.depth_warning = self.depth_warning or unit_warning(frame.depth_m)

    def add(self, frame: SourceFrame, estimate: OdometryEstimate) -> None:
        """Add the estimate for one frame."""
        self.statuses[estimate.status.name] += 1
        for stage, duration_ms in estimate.timings_ms.items():
            self.timings_ms[stage].append(duration_ms)
        if estimate.status is TrackingState.LOST:
            return
        self.last = estimate
        self.before_scale += estimate.scale_source == 'none'
        self.stamps_ns.append(frame.stamp_ns)
        self.T_odom_camera.append(estimate.T_odom_camera)
        self.images.append(frame.file_name)
        self.focal_px.append(estimate.intrinsics.fx)
        self.focal_std_px.append(estimate.focal_std_px)

    def replace_by_refined(self, T_odom_camera: NDArray[np.float64], intrinsics: Intrinsics,
                           focal_std_px: float, focal_source: str) -> None:
        """Replace poses and camera by those of the refined recording.

        The focal length over time stays causal.
        """
        self.T_odom_camera = list(T_odom_camera)
        if self.last is not None:
            self.last = replace(self.last, intrinsics=intrinsics, focal_std_px=focal_std_px,
                                focal_source=focal_source)

    @property
    def poses(self) -> int:
        """Return the number of poses."""
        return len(self.T_odom_camera)

    @property
    def positions(self) -> NDArray[np.float64]:
        """Return the positions (poses, 3)."""
        return np.array(self.T_odom_camera).reshape(-1, 4, 4)[:, :3, 3]

    @property
    def path_length(self) -> float:
        """Return the length of the path, in metres or in the odometry's own unit."""
        if self.poses < 2:
            return 0.0
        return float(np.linalg.norm(np.diff(self.positions, axis=0), axis=1).sum())

    def summary(self) -> Figures:
        """Return what happened; the same for the same input and configuration."""
        last = self.last
        return {
            'anycam_ros': anycam_ros.__version__,
            'frames': self.frames,
            'frames_refused': self.refused,
            'frames_with_depth': self.with_depth,
            'poses': self.poses,
            'status': dict(sorted(self.statuses.items())),
            'first_stamp_s': format_stamp(self.stamps_ns[0]) if last else None,
            'last_stamp_s': format_stamp(self.stamps_ns[-1]) if last else None,
            'path_length': self.path_length,
            'length_unit': 'm' if last and last.scale_source != 'none' else 'arbitrary',
            'scale_source': last.scale_source if last else None,
            'scale_std': _finite(last.scale_std) if last else None,
            'poses_before_scale': self.before_scale,
            'focal_px': last.intrinsics.fx if last else None,
            'focal_std_px': _finite(last.focal_std_px) if last else None,
            'focal_source': last.focal_source if last else None,
            'uncertainty_source': last.uncertainty_source if last else None,
            **({'refinement': self.refinement} if self.refinement else {}),
        }

    def camera(self) -> Figures:
        """Return the camera as last estimated; focal_std_px null means not observed."""
        if self.last is None:
            return {}
        camera = self.last.intrinsics
        return {
            'width': camera.width, 'height': camera.height, 'fx': camera.fx, 'fy': camera.fy,
            'cx': camera.cx, 'cy': camera.cy, 'distortion_model': camera.distortion_model,
            'distortion': list(camera.distortion),
            'focal_std_px': _finite(self.last.focal_std_px),
            'focal_source': self.last.focal_source,
        }

    def timing(self) -> Figures:
        """Return the time per stage and what it was measured on."""
        total_s = sum(self.timings_ms['total']) / 1000
        return {
            'frames_per_second': len(self.timings_ms['total']) / total_s if total_s > 0 else None,
            'stages_ms': {stage: _spread(values) for stage, values in self.timings_ms.items()},
            'machine': {
                'processor': _processor(), 'system': platform.platform(),
                'python': platform.python_version(), 'numpy': np.__version__,
                'opencv': cv2.__version__, 'opencv_threads': cv2.getNumThreads(),
            },
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    p50, p95 = np.percentile(values, (50, 95))
    return {'p50': round(float(p50), 3), 'p95': round(float(p95), 3),
            'mean': round(float(np.mean(values)), 3)}


def _processor() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
        names = [line.partition(':')[2].strip() for line in lines if 'model name' in line]
    except OSError:
        names = []
    return f'{len(names)} x {names[0]}' if names else platform.machine()
