# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images beside the images of a sequence folder."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from anycam_ros.depth_encodings import decode_depth_png, Depth
from anycam_ros.errors import FrameError, SourceError

MILLIMETRES = 1000.0


class DepthFolder:
    """Read depth/NAME.png, 16 bits, for images with the same NAME; not each needs to have one.

    camera.yaml may hold depth_scale, in units per metre (1000 when it does not), and
    depth_invalid, a list of values that mean unknown besides 0.
    """

    def __init__(self, sequence: Path) -> None:
        """Look into the folder; raises SourceError where there is no depth."""
        self._files = {file.stem: file for file in sorted((sequence / 'depth').glob('*.png'))}
        if not self._files:
            raise SourceError(f'{sequence} has no depth/ with PNG files, but --depth topic asks '
                              'for depth. Leave it out.')
        self._scale, self._invalid = _read_scale(sequence / 'camera.yaml')

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
        return np.asarray(known / np.float32(self._scale), np.float32)


def _read_scale(file: Path) -> tuple[float, list[int]]:
    try:
        values: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {}
        scale = float(values.get('depth_scale', MILLIMETRES))
        if not (scale > 0 and math.isfinite(scale)):
            raise ValueError(f'depth_scale is {scale}')
        return scale, [int(value) for value in values.get('depth_invalid') or ()]
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise SourceError(f'{file} is unusable ({error!r}); depth_scale must be the units per '
                          'metre, above 0, and depth_invalid a list of whole numbers.') from error
