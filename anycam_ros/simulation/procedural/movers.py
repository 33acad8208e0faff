# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where things go that move by themselves, seen from where the camera will be."""

from collections.abc import Callable
from dataclasses import dataclass
import math

import numpy as np

from anycam_ros.simulation.procedural.bodies import Body, random_body
from anycam_ros.simulation.procedural.meshes import Array, Mesh
from anycam_ros.simulation.procedural.smooth_noise import SmoothNoise
from anycam_ros.simulation.procedural.texture_bank import TextureBank
from anycam_ros.simulation.rendered_scene.camera_paths import CameraPath

GAIT_RAD_PER_M = 5.0      # of a body that is 1 m high
ON_GROUND = 0.65          # share of the things; the others are carried, thrown or fly


@dataclass(frozen=True, eq=False)
class Mover:
    """Hold a body and its way."""

    body: Body
    size_m: float
    T_world_body: Callable[[float], Array]
    gait_rad: Callable[[float], float]

    def mesh(self, time_s: float) -> Mesh:
        """Return the mesh at a time, world axes."""
        shape = self.body(self.gait_rad(time_s))
        return Mesh(self.size_m * shape.vertices, shape.faces, shape.uv,
                    shape.texture).moved(self.T_world_body(time_s))


def random_mover(rng: np.random.Generator, textures: TextureBank, camera: CameraPath,
                 duration_s: float, view: tuple[float, float]) -> Mover:
    """Return something that is in view at some time.

    view is half the width and half the height of the image over the focal length.
    """
    meet_s = float(rng.uniform(0, duration_s))
    T_world_camera = camera(meet_s)
    share = float(np.exp(rng.uniform(math.log(0.08), math.log(0.9))))    # of the image's height
    size_m = float(np.exp(rng.uniform(math.log(0.25), math.log(2.5))))
    body = random_body(rng, textures)
    radius_m = size_m * float(np.hypot(*body(0.0).vertices[:, :2].T).max())
    # No camera is inside of what it films.
    depth_m = max(size_m / (2 * view[1] * share), 1.5 * radius_m)
    place = np.array([rng.uniform(-0.8, 0.8) * view[0], rng.uniform(-0.7, 0.7) * view[1], 1.0])
    met_m = T_world_camera[:3, :3] @ (depth_m * place) + T_world_camera[:3, 3]
    met_m[2] = 0.0 if rng.random() < ON_GROUND else met_m[2] - 0.5 * size_m
    way = _random_way(rng, camera, meet_s, met_m, depth_m, view)
    return _along(rng, body, size_m, way)


def _random_way(rng: np.random.Generator, camera: CameraPath, meet_s: float, met_m: Array,
                depth_m: float, view: tuple[float, float]) -> Callable[[float], Array]:
    """Return where it is at a time, world axes."""
    # So many widths of the image a second.
    speed_mps = float(np.exp(rng.uniform(math.log(0.04), math.log(0.7)))) * 2 * view[0] * depth_m
    kind = rng.random()
    wobble = SmoothNoise(rng, 3, 3.0, 0.6)
    waver_m = float(rng.choice([0.0, 0.1])) * speed_mps
    if kind < 0.25:      # the camera follows it, or it follows the camera
        offset = met_m - camera(meet_s)[:3, 3]
        return lambda t: np.asarray(
            camera(t)[:3, 3] + offset + speed_mps * 0.5 * (wobble(t) - wobble(meet_s)))
    direction = _direction(rng, camera, meet_s, kind)
    begin_s, end_s = _active_time(rng, meet_s)
    return lambda t: np.asarray(
        met_m + speed_mps * (min(max(t, begin_s), end_s) - meet_s) * direction
        + waver_m * (wobble(min(max(t, begin_s), end_s)) - wobble(meet_s)))


def _direction(rng: np.random.Generator, camera: CameraPath, meet_s: float, kind: float) -> Array:
    """Return the direction of a way: along the epipolar lines, or anywhere, mostly level."""
    velocity = camera(meet_s + 0.05)[:3, 3] - camera(meet_s - 0.05)[:3, 3]
    length = float(np.linalg.norm(velocity))
    if kind < 0.45 and length > 1e-4:
        return np.asarray(rng.choice([-1.0, 1.0]) * velocity / length)
    direction = rng.normal(0, 1, 3) * np.array([1.0, 1.0, rng.choice([0.0, 0.0, 0.5])])
    return np.asarray(direction / np.linalg.norm(direction))


def _active_time(rng: np.random.Generator, meet_s: float) -> tuple[float, float]:
    """Return when it starts and stops; most go on for ever."""
    kind = rng.random()
    if kind < 0.15:
        return meet_s - rng.uniform(0, 0.5), math.inf
    if kind < 0.3:
        return -math.inf, meet_s + rng.uniform(0, 0.5)
    return -math.inf, math.inf


def _along(rng: np.random.Generator, body: Body, size_m: float,
           way: Callable[[float], Array]) -> Mover:
    """Return a body that heads along its way; some turn or tumble as they go."""
    heading = float(rng.uniform(0, 2 * math.pi))
    first, second = way(-0.1), way(3.1)
    if np.linalg.norm((second - first)[:2]) > 0.1 * size_m and rng.random() < 0.8:
        heading = math.atan2(second[1] - first[1], second[0] - first[0])
    spin_rad_per_s = float(rng.choice([0.0, 0.0, rng.normal(0, 1.5)]))
    idle_rad_per_s = float(rng.choice([0.0, rng.uniform(2, 8)]))

    def pose(time_s: float) -> Array:
        angle = heading + spin_rad_per_s * time_s
        c, s = math.cos(angle), math.sin(angle)
        x, y, z = way(time_s)
        return np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, z], [0, 0, 0, 1.0]])

    def gait_rad(time_s: float) -> float:
        went_m = float(np.linalg.norm(way(time_s) - first))
        return GAIT_RAD_PER_M * went_m / size_m + idle_rad_per_s * time_s

    return Mover(body, size_m, pose, gait_rad)
