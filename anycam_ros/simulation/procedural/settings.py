# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Places in which nothing moves: rooms, streets, fields, tables."""

from collections.abc import Callable
import math

import numpy as np

from anycam_ros.simulation.procedural.meshes import (
    blob,
    box,
    column,
    grid,
    joined,
    Mesh,
    quad,
    terrain,
)
from anycam_ros.simulation.procedural.texture_bank import TextureBank

Setting = Callable[[np.random.Generator, TextureBank], Mesh]


def room(rng: np.random.Generator, textures: TextureBank) -> Mesh:
    """Return four walls, furniture and pictures."""
    x, y = rng.uniform(2.5, 9, 2)
    high = rng.uniform(2.2, 4.0)
    walls = [
        quad((x, y, high), (0, -2 * y, 0), (0, 0, -high), textures.surface(768), (2, 1)),
        quad((-x, y, high), (2 * x, 0, 0), (0, 0, -high), textures.surface(512), (2, 1)),
        quad((x, -y, high), (-2 * x, 0, 0), (0, 0, -high), textures.surface(512), (2, 1)),
        quad((-x, -y, high), (0, 2 * y, 0), (0, 0, -high), textures.surface(512), (2, 1)),
        quad((x, y, 0), (0, -2 * y, 0), (-2 * x, 0, 0), textures.surface(768), (3, 3)),
        quad((x, y, high), (0, -2 * y, 0), (-2 * x, 0, 0), textures.surface(256), (3, 3))]
    pictures = [quad((x - 0.03, place, rng.uniform(1.2, high)), (0, -rng.uniform(0.4, 1.2), 0),
                     (0, 0, -rng.uniform(0.4, 1.0)), textures.surface(256))
                for place in rng.uniform(-y, y, rng.integers(0, 5))]
    furniture = [_thing(rng, textures, (rng.uniform(0.5, x), rng.uniform(-y, y)), 1.2)
                 for _ in range(rng.integers(3, 14))]
    return joined([*walls, *pictures, *furniture])


def street(rng: np.random.Generator, textures: TextureBank) -> Mesh:
    """Return a road between houses, with poles, trees and what is parked there."""
    half, far = rng.uniform(4, 14), rng.uniform(60, 150)
    meshes = [terrain(rng, (-30, far), (-80, 80), 0.0, textures.surface(768)),
              _backdrop(textures, far, 30.0)]
    for side in (-1.0, 1.0):
        x = -15.0
        while x < far:
            length, high = rng.uniform(4, 18), rng.uniform(3, 14)
            if rng.random() < 0.8:
                meshes.append(box((length, 6, high), textures.surface(512),
                                  (x + length / 2, side * (half + 3 + rng.uniform(0, 2)),
                                   high / 2)))
            x += length + rng.choice([0.0, rng.uniform(0, 8)])
    for _ in range(rng.integers(4, 20)):
        place = rng.uniform(1, 50), rng.choice([-1.0, 1.0]) * rng.uniform(2, half)
        meshes.append(_thing(rng, textures, place, 2.0))
    return joined(meshes)


def field(rng: np.random.Generator, textures: TextureBank) -> Mesh:
    """Return hilly ground with trees and stones."""
    far = rng.uniform(20, 120)
    meshes = [terrain(rng, (-far / 3, far), (-far, far), rng.uniform(0.0, 0.06) * far,
                      textures.surface(768)),
              _backdrop(textures, far, rng.uniform(0.2, 0.6) * far)]
    for _ in range(rng.integers(5, 35)):
        distance = math.exp(rng.uniform(math.log(1.0), math.log(0.8 * far)))
        angle = rng.uniform(-1.0, 1.0)
        meshes.append(_thing(rng, textures, (distance * math.cos(angle),
                                             distance * math.sin(angle)), 2.5))
    return joined(meshes)


def table(rng: np.random.Generator, textures: TextureBank) -> Mesh:
    """Return things near the camera, before a wall."""
    meshes = [terrain(rng, (-3, 6), (-5, 5), 0.0, textures.surface(768)),
              _backdrop(textures, rng.uniform(2.5, 5), 5.0)]
    meshes += [_thing(rng, textures, (rng.uniform(0.5, 3), rng.uniform(-1.5, 1.5)), 0.5)
               for _ in range(rng.integers(4, 25))]
    return joined(meshes)


SETTINGS: tuple[tuple[Setting, float, float], ...] = (
    (room, 1.4, 1.0), (street, 1.5, 6.0), (field, 1.5, 3.0), (table, 0.6, 0.4))
"""Settings, the usual height of a camera in them, and how far it goes in a second, m."""


def _thing(rng: np.random.Generator, textures: TextureBank, place: tuple[float, float],
           size_m: float) -> Mesh:
    """Return something that stands on the ground: a box, a stone, a pole, a bush or a tree."""
    kind, size = rng.random(), size_m * math.exp(rng.normal(0, 0.5))
    pose = np.eye(4)
    angle = rng.uniform(0, math.pi)
    pose[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    pose[:2, 3] = place
    if kind < 0.35:
        sides = size * rng.uniform(0.3, 1.0, 3)
        return box(sides, textures.surface(256), (0, 0, sides[2] / 2)).moved(pose)
    if kind < 0.55:
        radii = size * rng.uniform(0.3, 0.8, 3)
        return blob(rng, radii, textures.surface(256), 0.3).moved(pose)
    pole = column(0.03 * size + 0.02, 2 * size, textures.surface(64)).moved(pose)
    if kind < 0.7:
        return pole
    # Three planes of leaves that cross.
    leaves, half = textures.foliage(), rng.uniform(0.4, 1.0) * size
    top = rng.choice([size, 2.5 * size])
    crown = [quad((-half * c, -half * s, top), (2 * half * c, 2 * half * s, 0), (0, 0, -2 * half),
                  leaves) for c, s in ((1.0, 0.0), (-0.5, 0.87), (-0.5, -0.87))]
    return joined([pole, *(part.moved(pose) for part in crown)])


def _backdrop(textures: TextureBank, distance_m: float, height_m: float) -> Mesh:
    """Return a far half ring around the scene."""
    angle = np.linspace(1.9, -1.9, 25)
    ring = distance_m * np.stack([np.cos(angle), np.sin(angle), np.zeros(25)], axis=-1)
    up = np.array([0, 0, height_m])
    return grid(np.array([ring + up, ring - 0.1 * up]), textures.surface(768), (4.0, 1.0))
