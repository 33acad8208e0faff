# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures with parts that move as they like, to a hundredth of a pixel."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, NOISE = 448, 336, 2.0
Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

ROW, COLUMN = np.indices((HEIGHT, WIDTH))
HOOD: Mask = ROW > 0.7 * HEIGHT


@cache
def surface(seed: int) -> NDArray[np.float32]:
    """Return a texture (3 H, 3 W) of fine and coarse grain."""
    rng = np.random.default_rng(seed)
    grain = sum(std * cv2.GaussianBlur(rng.normal(size=(3 * HEIGHT, 3 * WIDTH)), (0, 0), std)
                for std in (2, 5, 14))
    return np.asarray(cv2.normalize(grain, None, 20, 235, cv2.NORM_MINMAX), np.float32)


def shifted(texture: NDArray[np.float32], x: float, y: float) -> NDArray[np.float32]:
    """Return the picture (H, W) of a texture that is moved by x and y, px."""
    M = np.array([[1, 0, x - WIDTH], [0, 1, y - HEIGHT]], np.float32)
    return np.asarray(cv2.warpAffine(texture, M, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC),
                      np.float32)


def noisy(picture: NDArray[np.float32], seed: int) -> Image:
    noise = np.random.default_rng(1000 + seed).normal(0, NOISE, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def crowd(index: int, count: int = 7) -> NDArray[np.int64]:
    """Return which of a crowd's people (1 to count) is where (H, W); 0 in the gaps."""
    people = np.zeros((HEIGHT, WIDTH), np.int64)
    for person in range(count):
        step = (1.5 + 0.6 * person) * (-1) ** person
        x = (person * WIDTH / count + step * index) % (WIDTH + 90) - 90
        people[(x < COLUMN) & (x + 70 > COLUMN) & (25 * (person % 4) < ROW)] = person + 1
    return people


def walker_pictures(count: int) -> list[Image]:
    """Return what a standing camera sees of a crowd that covers most of the picture."""
    wall, coats = surface(0), [surface(10 + person) for person in range(7)]
    pictures = []
    for index in range(count):
        picture, people = shifted(wall, 0, 0), crowd(index)
        for person, coat in enumerate(coats):
            step = (1.5 + 0.6 * person) * (-1) ** person
            there = people == person + 1
            picture[there] = shifted(coat, step * index % 300, 0)[there]
        pictures.append(noisy(picture, index))
    return pictures


def hood_pictures(path: list[tuple[float, float]],
                  hood_path: list[tuple[float, float]] | None = None) -> list[Image]:
    """Return what a camera sees of a world that moves along a path, behind its own hood."""
    world, hood = surface(0), surface(1)
    pictures = []
    for index, (x, y) in enumerate(path):
        picture = shifted(world, x, y)
        own = shifted(hood, *(hood_path[index] if hood_path else (0, 0)))
        picture[HOOD] = own[HOOD]
        pictures.append(noisy(picture, index))
    return pictures
