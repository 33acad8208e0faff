# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images beside the images of a sequence folder."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import yaml

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.messages.depth import decode_depth_png, Depth

MILLIMETRES = 1000.0
SCALE_WANTED = ('depth_scale must be the units per metre, above 0, and depth_invalid a list of '
                'whole numbers.')


class DepthFolder:
    """Read depth/NAME.png, 16 bits, for images with the same NAME; not each needs to have one.

    camera.yaml may hold depth_scale, in units per metre (1000 when it does not); depth_invalid, a
    list of values that mean unknown besides 0; and depth_fx and depth_fy, px, where depth is that
    of a camera of its own, looking the same way as the one with fx, fy, cx and cy.
    """

    def __init__(self, sequence: Path) -> None:
        """Look into the folder; raises SourceError where there is no depth."""
        self._files = {file.stem: file for file in sorted((sequence / 'depth').glob('*.png'))}
        if not self._files:
            raise SourceError(f'{sequence} has no depth/ with PNG files, but --depth topic asks '
                              'for depth. Leave it out.')
        camera = _read_camera(sequence / 'camera.yaml')
        self._scale, self._invalid = _scale(sequence / 'camera.yaml', camera)
        self._to_depth_px = _registration(sequence / 'camera.yaml', camera)

    def depth_m(self, image: Path) -> Depth | None:
        """Return the depth of an image, metres, 0 = unknown; None where it has none.

        Raises FrameError where it has one that cannot be read.
        """
        file = self._files.get(image.stem)
        if file is None:
            return None
        try:
            samples = decode_depth_png(file.read_bytes())
        except OSError as error:
            raise FrameError(f'depth image {file} cannot be read: {error.strerror}.') from error
        known = np.where(np.isin(samples, self._invalid), 0, samples)
        return self._registered(np.asarray(known / np.float32(self._scale), np.float32))

    def _registered(self, depth_m: Depth) -> Depth:
        """Return depth as the camera of the images sees it, 0 beyond its edges."""
        if self._to_depth_px is None:
            return depth_m
        # Nothing between a near and a far pixel is true of both.
        return np.asarray(cv2.warpAffine(
            depth_m, self._to_depth_px, depth_m.shape[::-1],
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP), np.float32)


def _read_camera(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text()) if file.exists() else {}
        return dict(values)
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise SourceError(f'{file} is unusable ({error!r}). {SCALE_WANTED}') from error


def _scale(file: Path, values: dict[str, Any]) -> tuple[float, list[int]]:
    """Return the units per metre, and the values that mean unknown."""
    try:
        scale = float(values.get('depth_scale', MILLIMETRES))
        if not (scale > 0 and math.isfinite(scale)):
            raise ValueError(f'depth_scale is {scale}')
        return scale, [int(value) for value in values.get('depth_invalid') or ()]
    except (TypeError, ValueError) as error:
        raise SourceError(f'{file} is unusable ({error!r}). {SCALE_WANTED}') from error


def _registration(file: Path, values: dict[str, Any]) -> NDArray[np.float64] | None:
    """Return what takes pixels of the image to those of the depth (2, 3); None: they are one.

    How far the two cameras are apart is not known: it is taken for none.
    """
    if values.get('depth_fx') is None and values.get('depth_fy') is None:
        return None
    try:
        fx, fy, cx, cy, depth_fx, depth_fy = (
            float(values[name]) for name in ('fx', 'fy', 'cx', 'cy', 'depth_fx', 'depth_fy'))
        x, y = depth_fx / fx, depth_fy / fy
        if not (x > 0 and y > 0 and all(map(math.isfinite, (x, y, cx, cy)))):
            raise ValueError(f'depth_fx / fx is {x}, depth_fy / fy is {y}')
        return np.array([[x, 0, cx - x * cx], [0, y, cy - y * cy]])
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise SourceError(
            f'{file} is unusable ({error!r}); with depth_fx and depth_fy it must hold fx, fy, cx '
            'and cy, all in px, so that depth can be brought to the image. Leave depth_fx and '
            'depth_fy out where depth is registered to the image.') from error
