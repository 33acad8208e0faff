# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A furnished room, and things that move through it on their own.

World axes: x forward (from where the camera starts), y left, z up, metres.
"""

from collections.abc import Callable
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.simulation.rendered_scene.surfaces import prism, Surface
from anycam_ros.simulation.rendered_scene.textures import (
    books,
    bricks,
    fabric,
    fractal_noise,
    Image,
    paper,
    plaster,
    tinted,
    wood,
)

BACK_M, FRONT_M, LEFT_M, RIGHT_M, CEILING_M = -3.5, 5.5, 4.0, -4.0, 3.0


@dataclass(frozen=True, eq=False)
class MovingObject:
    """Hold an object's surfaces, in its own axes, and its pose over time."""

    surfaces: tuple[Surface, ...]
    T_world_object: Callable[[float], NDArray[np.float64]]


def furnished_room(rng: np.random.Generator) -> list[Surface]:
    """Return everything that stands still."""
    return [*_shell(rng), *_furniture(rng), *_posters(rng)]


def moving_objects(rng: np.random.Generator) -> list[MovingObject]:
    """Return a walker who crosses the room and two carts that go their own ways."""
    walker = [fabric(rng, (96, 640), colour) for colour in ((150, 60, 50), (60, 80, 150)) * 5]
    striped_cart = [_shaded(fabric(rng, (360, 380), (190, 150, 60)), i) for i in range(4)]
    paper_cart = [_shaded(paper(rng, (400, 340)), i) for i in range(4)]
    foot = np.zeros(3)
    return [
        MovingObject(tuple(prism(foot, 0.22, 1.72, walker)), _walk),
        MovingObject(tuple(prism(foot, 0.38, 0.75, striped_cart)), _circle),
        MovingObject(tuple(prism(foot, 0.36, 0.70, paper_cart)), _shuttle),
    ]


def _pose(x_m: float, y_m: float, z_m: float, yaw_rad: float) -> NDArray[np.float64]:
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    return np.array([[c, -s, 0, x_m], [s, c, 0, y_m], [0, 0, 1, z_m], [0, 0, 0, 1]])


def _walk(time_s: float) -> NDArray[np.float64]:
    bob = 0.02 * abs(math.sin(2 * math.pi * 0.9 * time_s))
    across = 2.2 * math.cos(2 * math.pi * time_s / 9)
    return _pose(3.4 + 0.15 * math.sin(0.9 * time_s), across, bob, 0.6 * math.sin(0.7 * time_s))


def _circle(time_s: float) -> NDArray[np.float64]:
    angle = 2 * math.pi * time_s / 7
    return _pose(2.7 + 0.3 * math.cos(angle), -1.1 + 0.5 * math.sin(angle), 0.0, angle)


def _shuttle(time_s: float) -> NDArray[np.float64]:
    return _pose(4.15, 1.1 + 0.7 * math.sin(2 * math.pi * time_s / 5 + 1), 0.0,
                 0.5 * math.sin(1.1 * time_s))


def _shaded(texture: Image, side: int) -> Image:
    """Return the texture as lit on this side of a body."""
    return (texture * (1.0, 0.82, 0.66, 0.88)[side % 4]).astype(np.uint8)


def _wall(corner: tuple[float, float], end: tuple[float, float], texture: Image) -> Surface:
    """Return a wall that has `corner` at its upper left, seen from inside."""
    origin = np.array([*corner, CEILING_M])
    return Surface(origin, np.array([*end, CEILING_M]) - origin,
                   np.array([0.0, 0.0, -CEILING_M]), texture)


def _shell(rng: np.random.Generator) -> list[Surface]:
    length, breadth = FRONT_M - BACK_M, LEFT_M - RIGHT_M
    front_left, front_right = (FRONT_M, LEFT_M), (FRONT_M, RIGHT_M)
    back_left, back_right = (BACK_M, LEFT_M), (BACK_M, RIGHT_M)
    right, forward = np.array([0.0, -breadth, 0.0]), np.array([length, 0.0, 0.0])
    return [
        _wall(front_left, front_right, bricks(rng, (1600, 600), (168, 92, 70))),
        _wall(back_left, front_left, plaster(rng, (1600, 540), (196, 188, 168))),
        _wall(front_right, back_right, plaster(rng, (1600, 540), (170, 182, 190))),
        _wall(back_right, back_left, plaster(rng, (1400, 540), (190, 190, 180))),
        Surface(np.array([FRONT_M, LEFT_M, 0.0]), right, -forward,
                wood(rng, (1600, 1800), (150, 108, 70))),
        Surface(np.array([BACK_M, LEFT_M, CEILING_M]), right, forward,
                tinted(fractal_noise(rng, (1000, 1100)), (214, 212, 205), 0.05)),
    ]


def _furniture(rng: np.random.Generator) -> list[Surface]:
    crates = (   # x, y, half diagonal, height, turn, colour
        (1.4, 1.3, 0.36, 0.55, 0.5, (160, 120, 76)),
        (1.75, -0.35, 0.28, 0.38, 1.2, (150, 128, 100)),
        (1.7, -2.6, 0.50, 0.90, 0.9, (120, 134, 96)),
        (4.65, -0.4, 0.62, 1.15, 0.2, (142, 104, 66)),
        (3.9, -2.6, 0.60, 1.30, 0.6, (110, 96, 128)),
        (4.1, 3.0, 0.55, 1.00, 1.1, (168, 140, 84)),
    )
    out: list[Surface] = []
    for x, y, radius, height, turn, colour in crates:
        sides = [_shaded(wood(rng, (300, 300), colour, 40), i) for i in range(4)]
        out += prism(np.array([x, y, 0.0]), radius, height, sides, turn)
    shelf = [_shaded(books(rng, (420, 560)), i) for i in range(4)]
    out += prism(np.array([5.1, 1.5, 0.0]), 0.66, 2.2, shelf, math.pi / 4)
    out += prism(np.array([5.0, -3.2, 0.0]), 0.60, 2.2, shelf, 0.85)
    column = [plaster(rng, (90, 700), (186, 176, 160)) for _ in range(12)]
    out += prism(np.array([4.25, -1.8, 0.0]), 0.17, CEILING_M, column)
    return out


def _posters(rng: np.random.Generator) -> list[Surface]:
    """Return pictures that hang a little in front of the walls."""
    gap = 0.03
    down, right = np.array([0.0, 0.0, -0.9]), np.array([0.0, -0.7, 0.0])
    out = [Surface(np.array([FRONT_M - gap, y, top]), right, down, paper(rng, (280, 360)))
           for y, top in ((3.4, 2.3), (0.5, 2.3), (-0.6, 2.1), (-1.6, 2.4))]
    out += [Surface(np.array([x, LEFT_M - gap, 2.2]), np.array([0.8, 0.0, 0.0]), down,
                    paper(rng, (320, 360))) for x in (0.4, 1.8)]
    out += [Surface(np.array([x, RIGHT_M + gap, 2.1]), np.array([-0.8, 0.0, 0.0]), down,
                    paper(rng, (320, 360))) for x in (2.0, 3.4)]
    return out
