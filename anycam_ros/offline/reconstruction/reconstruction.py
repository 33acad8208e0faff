# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The exports of a run besides its trajectory: point cloud, COLMAP model, rerun recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anycam_ros.odometry import VisualOdometry
from anycam_ros.odometry.cloud import PointCloud
from anycam_ros.offline.global_refinement.key_frames import KeyFrames
from anycam_ros.offline.reconstruction.scene_cloud import SceneCloud
from anycam_ros.offline.reconstruction.sparse_model import sparse_model
from anycam_ros.offline.run_log import RunLog
from anycam_ros.offline.run_odometry import Collector
from anycam_ros.optional_package import needed_for
from anycam_ros.recordings.writers.colmap import FILES, write_colmap
from anycam_ros.recordings.writers.ply import write_ply

CLOUD, COLMAP, RERUN = 'cloud.ply', 'colmap', 'recording.rrd'
RESULTS = (CLOUD, RERUN, *(f'{COLMAP}/{name}' for name in FILES))


@dataclass(frozen=True)
class ExportOptions:
    """Choose the exports."""

    cloud: bool = False
    colmap: bool = False
    rerun: bool = False


class Reconstruction:
    """Collect what the exports need during a run; write them with its final poses."""

    def __init__(self, exports: ExportOptions, folder: Path, odometry: VisualOdometry,
                 key_frames: KeyFrames | None) -> None:
        """Take the key frames that the run collects anyway, if it does.

        Raises DependencyError where rerun is asked for but not installed.
        """
        self._exports, self._folder = exports, folder
        is_dense = exports.cloud and odometry.config.depth != 'none'
        self._scene = SceneCloud(odometry) if is_dense else None
        needs_key_frames = exports.colmap or (exports.cloud and not is_dense)
        self._own_key_frames = KeyFrames(odometry, keeps_images=False) \
            if needs_key_frames and key_frames is None else None
        self._key_frames = self._own_key_frames or key_frames
        self._rerun = None
        if exports.rerun:
            with needed_for('--rerun', 'pip install rerun-sdk', 'Apache-2.0 or MIT'):
                from anycam_ros.recordings.writers.rerun_recording import RerunRecording
            self._rerun = RerunRecording(odometry, folder / RERUN)

    @property
    def collectors(self) -> Sequence[Collector]:
        """Return those that need each frame and its estimate."""
        candidates = (self._scene, self._own_key_frames, self._rerun)
        return [collector for collector in candidates if collector is not None]

    def write(self, log: RunLog) -> None:
        """Write the exports with the poses and the camera of the log."""
        if self._rerun is not None:
            self._rerun.close()
        if log.last is None:
            return
        T_odom_camera = np.array(log.T_odom_camera)
        model = None
        if self._key_frames is not None:
            model = sparse_model(self._key_frames, log.images, T_odom_camera, log.last.intrinsics)
        if self._exports.colmap and model is not None:
            write_colmap(self._folder / COLMAP, model)
        if self._scene is not None:
            self._write_cloud(self._scene.in_odom(T_odom_camera), log.last.scale_source)
        elif self._exports.cloud and model is not None:
            self._write_cloud(PointCloud(model.points.astype(np.float32), model.colours),
                              log.last.scale_source)

    def _write_cloud(self, cloud: PointCloud, scale_source: str) -> None:
        unit = 'an arbitrary unit' if scale_source == 'none' else 'metres'
        write_ply(self._folder / CLOUD, cloud,
                  f'in odom (x forward, y left, z up as the first view), in {unit}')
