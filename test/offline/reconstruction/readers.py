# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of PLY and COLMAP files, as their formats are documented; they accept nothing else."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PLY_PROPERTIES = ['property float x', 'property float y', 'property float z',
                  'property uchar red', 'property uchar green', 'property uchar blue']


class Image(NamedTuple):
    quaternion: NDArray[np.float64]       # w x y z
    translation: NDArray[np.float64]
    camera: int
    name: str
    seen_px: NDArray[np.float64]          # (N, 2)
    points: list[int]                     # (N,) numbers of points

    def in_camera(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points (N, 3) of the world in the camera."""
        w, *vector = self.quaternion
        turned = np.cross(vector, points)
        return points + 2 * (w * turned + np.cross(vector, turned)) + self.translation


class Point(NamedTuple):
    position: NDArray[np.float64]
    colour: tuple[int, ...]
    error_px: float
    track: list[tuple[int, int]]          # image and place in its list


def read_ply(path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return positions (N, 3) and colours (N, 3)."""
    header, _, body = path.read_bytes().partition(b'end_header\n')
    magic, form, comment, element, *properties = header.decode('ascii').splitlines()
    assert (magic, form) == ('ply', 'format binary_little_endian 1.0')
    assert comment.startswith('comment ')
    assert properties == PLY_PROPERTIES
    vertices = np.frombuffer(body, np.dtype([('position', '<f4', 3), ('colour', 'u1', 3)]))
    assert element == f'element vertex {len(vertices)}'
    return vertices['position'], vertices['colour']


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text('ascii').split('\n')[:-1]
            if not line.startswith('#')]


def read_cameras(path: Path) -> dict[int, tuple[str, int, int, list[float]]]:
    cameras = {}
    for line in lines_of(path):
        number, model, width, height, *values = line.split()
        cameras[int(number)] = model, int(width), int(height), list(map(float, values))
    return cameras


def read_images(path: Path) -> dict[int, Image]:
    images, lines = {}, lines_of(path)
    assert len(lines) % 2 == 0
    for pose, seen in zip(lines[::2], lines[1::2], strict=True):
        number, *numbers, camera, name = pose.split()
        values = np.array(numbers, float)
        assert values.shape == (7,)
        table = np.array(seen.split(), float).reshape(-1, 3)
        images[int(number)] = Image(values[:4], values[4:], int(camera), name, table[:, :2],
                                    table[:, 2].astype(int).tolist())
    return images


def read_points(path: Path) -> dict[int, Point]:
    points = {}
    for line in lines_of(path):
        number, x, y, z, r, g, b, error, *track = line.split()
        pairs = list(zip(map(int, track[::2]), map(int, track[1::2]), strict=True))
        points[int(number)] = Point(np.array([x, y, z], float), (int(r), int(g), int(b)),
                                    float(error), pairs)
    return points
