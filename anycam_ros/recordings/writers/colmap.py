# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A sparse model as COLMAP reads it (colmap.github.io/format.html, text format)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.geometry.quaternion import quaternion_from_rotation
from anycam_ros.geometry.se3 import Array, inverse

FILES = ('cameras.txt', 'images.txt', 'points3D.txt')
PIXEL_CENTRE = 0.5               # of the first pixel; ours is 0


class SparseModel(NamedTuple):
    """Hold K images of one camera, P points, and M observations of them, by image and point."""

    intrinsics: Intrinsics
    names: Sequence[str]                 # (K,)
    T_world_camera: Array                # (K, 4, 4)
    points: Array                        # (P, 3) in the world
    colours: NDArray[np.uint8]           # (P, 3) RGB
    error_px: Array                      # (P,) mean, of the images
    image: NDArray[np.int64]             # (M,) ascending
    point: NDArray[np.int64]             # (M,)
    seen_px: Array                       # (M, 2) from the edges of the image, not from its pixels


def write_colmap(folder: Path, model: SparseModel) -> None:
    """Write the three files; poses are world to camera, numbers begin at 1."""
    folder.mkdir(exist_ok=True)
    for name, lines in zip(FILES, (_camera(model.intrinsics), _images(model), _points(model)),
                           strict=True):
        (folder / name).write_text(''.join(f'{line}\n' for line in lines))


def _camera(camera: Intrinsics) -> Iterator[str]:
    yield '# CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]'
    model, distortion = _distortion(camera)
    centre = camera.cx + PIXEL_CENTRE, camera.cy + PIXEL_CENTRE
    values = _numbers(camera.fx, camera.fy, *centre, *distortion)
    yield f'1 {model} {camera.width} {camera.height} {values}'


def _distortion(camera: Intrinsics) -> tuple[str, tuple[float, ...]]:
    """Return COLMAP's name of the camera model, and its coefficients, in OpenCV's order."""
    coefficients = camera.distortion
    if not any(coefficients):
        return 'PINHOLE', ()
    if camera.distortion_model == 'equidistant':
        return 'OPENCV_FISHEYE', coefficients
    if not any(coefficients[4:]):
        return 'OPENCV', coefficients[:4]
    return 'FULL_OPENCV', (*coefficients, *(8 - len(coefficients)) * (0.0,))


def _images(model: SparseModel) -> Iterator[str]:
    yield '# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME'
    yield '# POINTS2D[] as X Y POINT3D_ID'
    starts = np.searchsorted(model.image, np.arange(len(model.names) + 1))
    for image, (name, T) in enumerate(zip(model.names, inverse(model.T_world_camera),
                                          strict=True)):
        x, y, z, w = quaternion_from_rotation(T[:3, :3])
        yield f'{image + 1} {_numbers(w, x, y, z, *T[:3, 3])} 1 {name}'
        rows = slice(starts[image], starts[image + 1])
        yield ' '.join(f'{_numbers(*seen_px)} {point + 1}' for seen_px, point in
                       zip(model.seen_px[rows], model.point[rows], strict=True))


def _points(model: SparseModel) -> Iterator[str]:
    yield '# POINT3D_ID X Y Z R G B ERROR TRACK[] as IMAGE_ID POINT2D_IDX'
    place = np.arange(len(model.image)) - np.searchsorted(model.image, model.image)
    order = np.argsort(model.point, kind='stable')
    starts = np.searchsorted(model.point[order], np.arange(len(model.points) + 1))
    for point, position in enumerate(model.points):
        rows = order[starts[point]:starts[point + 1]]
        track = ' '.join(f'{model.image[row] + 1} {place[row]}' for row in rows)
        colour = ' '.join(map(str, model.colours[point].tolist()))
        error_px = _numbers(model.error_px[point])
        yield f'{point + 1} {_numbers(*position)} {colour} {error_px} {track}'


def _numbers(*values: float) -> str:
    return ' '.join(f'{value + 0.0:.9g}' for value in values)     # -0.0 + 0.0 is 0.0
