# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rendered room as a camera films it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.simulation.rendered_scene.camera_paths import CameraPath, hand_held
from anycam_ros.simulation.rendered_scene.room import furnished_room, moving_objects
from anycam_ros.simulation.rendered_scene.surfaces import render


@dataclass(frozen=True, eq=False)
class RenderedFrame:
    """Hold one picture and the truth about it."""

    stamp_s: float
    image_rgb: NDArray[np.uint8]         # (H, W, 3)
    depth_m: NDArray[np.float32]         # (H, W) along the optical axis
    moving: NDArray[np.bool_]            # (H, W) True where something moves on its own
    T_world_camera: NDArray[np.float64]  # (4, 4) optical axes; world x forward, y left, z up


class RenderedScene:
    """Render a furnished room with moving things, seen by a known camera on a known path.

    frame(index) depends on the arguments and the index alone. The focal length, px, defaults to
    0.95 times the width: a lens noticeably longer than the usual first guess.
    """

    def __init__(self, width: int = 640, height: int = 480, focal_px: float | None = None, *,
                 path: CameraPath = hand_held, duration_s: float = 12.0, rate_hz: float = 30.0,
                 moving: bool = True, noise: float = 2.0, seed: int = 0) -> None:
        """Build the room; noise is the deviation of the sensor's noise in grey values."""
        focal_px = 0.95 * width if focal_px is None else focal_px
        self.intrinsics = Intrinsics.centred(width, height, focal_px)
        self.rate_hz = rate_hz
        self._path, self._noise, self._seed = path, noise, seed
        self._length = round(duration_s * rate_hz)
        rng = np.random.default_rng(seed)
        self._room = furnished_room(rng)
        self._movers = moving_objects(rng) if moving else []

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._length

    def true_pose(self, index: int) -> NDArray[np.float64]:
        """Return T_world_camera (4, 4) of frame `index`."""
        return self._path(index / self.rate_hz)

    def frame(self, index: int) -> RenderedFrame:
        """Render one frame."""
        stamp_s = index / self.rate_hz
        pose = self.true_pose(index)
        camera = self.intrinsics
        surfaces = [*self._room, *(surface.moved(mover.T_world_object(stamp_s))
                                   for mover in self._movers for surface in mover.surfaces)]
        T_camera_world = np.linalg.inv(pose).astype(np.float64)
        view = render(surfaces, T_camera_world, camera.matrix, camera.width, camera.height)
        rng = np.random.default_rng((self._seed, index))
        noise = self._noise * rng.standard_normal(view.rgb.shape, np.float32)
        image = np.clip(view.rgb + noise + np.float32(0.5), 0, 255).astype(np.uint8)
        return RenderedFrame(stamp_s, image, np.reciprocal(view.inverse_depth), view.moving, pose)
