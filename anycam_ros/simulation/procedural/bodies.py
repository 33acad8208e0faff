# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Things that move by themselves: walkers, animals, vehicles, things that are carried about.

A body is about 1 m high, stands on its origin and heads along x.
"""

from collections.abc import Callable, Mapping
import math

import numpy as np

from anycam_ros.simulation.procedural.meshes import Array, blob, box, joined, Mesh
from anycam_ros.simulation.procedural.texture_bank import TextureBank

Body = Callable[[float], Mesh]
"""Return the mesh at a phase of its gait, rad."""


def walker(rng: np.random.Generator, textures: TextureBank) -> Body:
    """Return somebody whose arms and legs swing."""
    clothes = [textures.surface(128) for _ in range(3)]
    stout, swing = rng.uniform(0.8, 1.4), rng.uniform(0.2, 0.7)
    trunk = blob(rng, (0.07 * stout, 0.11 * stout, 0.19), clothes[0], 0.1).moved(_at(0, 0, 0.66))
    head = blob(rng, (0.055, 0.05, 0.07), clothes[2], 0.05).moved(_at(0, 0, 0.92))
    leg = box((0.07 * stout, 0.07 * stout, 0.5), clothes[1], (0, 0, -0.25))
    arm = box((0.05, 0.05, 0.36), clothes[0], (0, 0, -0.18))

    def body(phase: float) -> Mesh:
        s = swing * math.sin(phase)
        return joined([trunk, head] + [limb.moved(_swung(angle, 0.0, side, high)) for
                       limb, angle, side, high in (
                           (leg, s, 0.05, 0.5), (leg, -s, -0.05, 0.5),
                           (arm, -s, 0.14 * stout, 0.82), (arm, s, -0.14 * stout, 0.82))])

    return body


def animal(rng: np.random.Generator, textures: TextureBank) -> Body:
    """Return something on four legs."""
    fur, swing = textures.surface(128), rng.uniform(0.2, 0.8)
    trunk = blob(rng, (0.6, 0.2, 0.24), fur, 0.15).moved(_at(0, 0, 0.66))
    head = blob(rng, (0.2, 0.12, 0.14), fur, 0.15).moved(_at(0.68, 0, 0.86))
    leg = box((0.1, 0.1, 0.55), fur, (0, 0, -0.27))

    def body(phase: float) -> Mesh:
        s = swing * math.sin(phase)
        return joined([trunk, head] + [leg.moved(_swung(angle, x, y, 0.55)) for angle, x, y in (
            (s, 0.4, 0.1), (-s, 0.4, -0.1), (-s, -0.4, 0.1), (s, -0.4, -0.1))])

    return body


def vehicle(rng: np.random.Generator, textures: TextureBank) -> Body:
    """Return a car, a van or a lorry."""
    paint, glass = textures.surface(256), textures.surface(128)
    length, breadth = rng.uniform(1.6, 4.5), rng.uniform(0.8, 1.3)
    high = rng.uniform(0.5, 0.9)
    whole = joined([
        box((length, breadth, high), paint, (0, 0, 0.15 + high / 2)),
        box((length * rng.uniform(0.4, 0.95), 0.9 * breadth, 1.0 - high), glass,
            (0.05 * length, 0, 0.65 + high / 2)),
        *(box((0.3, 0.06, 0.3), glass, (x * length, y * breadth, 0.15))
          for x in (-0.3, 0.3) for y in (-0.5, 0.5))])
    return lambda _phase: whole


def lump(rng: np.random.Generator, textures: TextureBank) -> Body:
    """Return something without form, which may pulsate: a hand, a bag, a bird, a flag."""
    radii, soft = rng.uniform(0.2, 0.6, 3), float(rng.choice([0.0, rng.uniform(0.05, 0.3)]))
    first = blob(rng, radii, textures.surface(192), 0.3).moved(_at(0, 0, 0.5))
    second = blob(rng, radii, 0, 0.3).moved(_at(0, 0, 0.5))

    def body(phase: float) -> Mesh:
        share = soft * math.sin(phase)
        vertices = first.vertices + share * (second.vertices - first.vertices)
        return Mesh(vertices, first.faces, first.uv, first.texture)

    return body


def crate(rng: np.random.Generator, textures: TextureBank) -> Body:
    """Return a box that is pushed or thrown."""
    whole = box(rng.uniform(0.4, 1.2, 3), textures.surface(256), (0, 0, 0.5))
    return lambda _phase: whole


BODIES: Mapping[Callable[[np.random.Generator, TextureBank], Body], float] = {
    walker: 0.35, animal: 0.15, vehicle: 0.2, lump: 0.2, crate: 0.1}
"""How often each is."""


def random_body(rng: np.random.Generator, textures: TextureBank) -> Body:
    """Return a random body."""
    shares = np.array(list(BODIES.values()))
    return list(BODIES)[rng.choice(len(BODIES), p=shares / shares.sum())](rng, textures)


def _at(x: float, y: float, z: float) -> Array:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def _swung(angle: float, x: float, y: float, z: float) -> Array:
    """Return the pose of a limb that hangs from a joint."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s, x], [0, 1, 0, y], [-s, 0, c, z], [0, 0, 0, 1.0]])
