# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A random clip with moving things in it, and the truth about every frame.

It depends on its seed alone: texture, place, things, their ways, the camera's way and its lens.
"""

from dataclasses import dataclass
from functools import lru_cache
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.geometry.se3 import inverse
from anycam_ros.simulation.procedural.camera_styles import random_path
from anycam_ros.simulation.procedural.meshes import Array, joined, Mesh
from anycam_ros.simulation.procedural.movers import Mover, random_mover
from anycam_ros.simulation.procedural.pictures import public_domain_pictures
from anycam_ros.simulation.procedural.rasteriser import Raster, rasterise
from anycam_ros.simulation.procedural.sensor import Sensor
from anycam_ros.simulation.procedural.settings import SETTINGS
from anycam_ros.simulation.procedural.texture_bank import TextureBank

SHAPES = ((336, 448), (290, 518), (252, 448), (448, 336), (264, 352))
MOST_MOVERS = 6
STATIC_SHARE = 0.25      # of the clips: nothing moves
FOCAL = 0.4, 2.5         # in image heights
MOVING_PX = 1.0          # in MOVING_S, from which on a thing counts as moving
RESTING_PX = 0.15        # up to which it counts as resting
MOVING_S = 0.3


@dataclass(frozen=True, eq=False)
class ProceduralFrame:
    """Hold one picture and the truth about it."""

    stamp_s: float
    image_rgb: NDArray[np.uint8]         # (H, W, 3), grey
    depth_m: NDArray[np.float32]         # (H, W); inf where nothing is
    moving: NDArray[np.bool_]            # (H, W) True where something moves by itself
    is_told: NDArray[np.bool_]           # (H, W) False where it hardly moves: nobody could tell
    T_world_camera: Array                # (4, 4), optical axes


class ProceduralClip:
    """Render a random scene."""

    def __init__(self, seed: int, frames: int = 48, rate_hz: float = 30.0) -> None:
        """Raise DependencyError where the photographs for its textures are not installed."""
        rng = np.random.default_rng((seed, 0))
        self.seed, self.rate_hz, self._length = seed, rate_hz, frames
        textures = TextureBank(rng, _pictures())
        height, width = SHAPES[rng.integers(len(SHAPES))]
        focal_px = height * math.exp(rng.uniform(*np.log(FOCAL)))
        self.intrinsics = Intrinsics(width, height, focal_px, focal_px,
                                     (width - 1) / 2, (height - 1) / 2)
        setting, eye_m, room_m = SETTINGS[rng.integers(len(SETTINGS))]
        self._still = setting(rng, textures)
        # A clip may be filmed at any rate: the same way in fewer frames.
        self._speed = float(np.exp(rng.uniform(math.log(0.3), math.log(2.5))))
        self._path = random_path(rng, eye_m * rng.uniform(0.6, 1.3), room_m)
        self._sensor, self._sky = Sensor.random(rng), float(rng.uniform(100, 240))
        count = 0 if rng.random() < STATIC_SHARE else int(rng.integers(1, MOST_MOVERS + 1))
        view = width / 2 / focal_px, height / 2 / focal_px
        self._movers: list[Mover] = [
            random_mover(rng, textures, self._path, self._speed * frames / rate_hz, view)
            for _ in range(count)]
        self._textures = textures.pyramids()

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._length

    def true_pose(self, index: int) -> Array:
        """Return T_world_camera (4, 4) of a frame."""
        return self._path(self._time_s(index))

    def frame(self, index: int) -> ProceduralFrame:
        """Render one frame."""
        time_s = self._time_s(index)
        bodies = [mover.mesh(time_s) for mover in self._movers]
        T_world_camera = self.true_pose(index)
        raster = self._raster(joined([self._still, *bodies]), T_world_camera)
        moved_px = [self._moved_px(mover, body, index)
                    for mover, body in zip(self._movers, bodies, strict=True)]
        owner = self._owner(raster, bodies)
        moved = np.array([0.0, *moved_px])[owner]
        rng = np.random.default_rng((self.seed, 1, index))
        grey = self._sensor.image(raster.grey, self._image_motion_px(raster, index), time_s, rng)
        with np.errstate(divide='ignore'):
            depth_m = np.reciprocal(raster.inverse_depth)
        return ProceduralFrame(index / self.rate_hz, np.repeat(grey[..., None], 3, axis=2),
                               depth_m, moved > MOVING_PX,
                               (moved > MOVING_PX) | (moved <= RESTING_PX), T_world_camera)

    def _time_s(self, index: int) -> float:
        return self._speed * index / self.rate_hz

    def _raster(self, mesh: Mesh, T_world_camera: Array) -> Raster:
        camera = self.intrinsics
        return rasterise(mesh, self._textures, inverse(T_world_camera), camera.matrix,
                         (camera.height, camera.width), self._sky)

    def _owner(self, raster: Raster, bodies: list[Mesh]) -> NDArray[np.int64]:
        """Return (H, W) 0 where the place is seen, else 1 + the number of the mover."""
        ends = np.cumsum([len(self._still.faces), *(len(body.faces) for body in bodies)])
        return np.searchsorted(ends, raster.face, side='right')

    def _moved_px(self, mover: Mover, now: Mesh, index: int) -> float:
        """Return how far most of a mover has moved, or will, by itself, in pixels of now."""
        step = max(1, round(MOVING_S * self.rate_hz))
        here = self._project(now.vertices, index)
        furthest = 0.0
        for other in (index - step, index + step):
            there = self._project(mover.mesh(self._time_s(other)).vertices, index)
            moved = np.hypot(*(there - here).T)
            seen = moved[np.isfinite(moved)]
            furthest = max(furthest, float(np.median(seen)) if len(seen) else 0.0)
        return furthest

    def _project(self, points: Array, index: int) -> Array:
        """Return where the camera of a frame sees points (N, 3), px; NaN behind it."""
        T = inverse(self.true_pose(index))
        seen = (points @ T[:3, :3].T + T[:3, 3]) @ self.intrinsics.matrix.T
        z = np.where(seen[:, 2:] > 1e-2, seen[:, 2:], np.nan)
        return np.asarray(seen[:, :2] / z)

    def _image_motion_px(self, raster: Raster, index: int) -> Array:
        """Return how far the middle of the place moves in the image until the next frame."""
        camera = self.intrinsics
        depth_m = 1 / max(float(np.median(raster.inverse_depth)), 1e-3)
        middle = np.array([camera.cx, camera.cy])
        ray = np.array([0.0, 0.0, depth_m])
        T = self.true_pose(index)
        moved = self._project((T[:3, :3] @ ray + T[:3, 3])[None], index + 1)[0] - middle
        return np.asarray(np.nan_to_num(moved), np.float64)


@lru_cache(maxsize=1)
def _pictures() -> list[NDArray[np.uint8]]:
    return public_domain_pictures()
