# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Photographs in the public domain that installed packages ship, for textures.

astronaut, camera, chelsea, coffee, rocket, brick, grass, gravel, motorcycle_left, moon, clock and
hubble_deep_field of scikit-image are in the public domain or under CC0 (its file
skimage/data/README.txt), and so is grace_hopper of matplotlib (US Navy).
"""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import DependencyError

Image = NDArray[np.uint8]

OF_SCIKIT_IMAGE = ('astronaut.png', 'camera.png', 'chelsea.png', 'coffee.png', 'rocket.jpg',
                   'brick.png', 'grass.png', 'gravel.png', 'motorcycle_left.png', 'moon.png',
                   'clock_motion.png', 'hubble_deep_field.jpg')
OF_MATPLOTLIB = ('grace_hopper.jpg',)


def public_domain_pictures() -> list[Image]:
    """Return the photographs in grey.

    Raises DependencyError where scikit-image is not installed.
    """
    return [_read(folder / name)
            for folder, names in ((_folder('skimage') / 'data', OF_SCIKIT_IMAGE),
                                  (_folder('matplotlib') / 'mpl-data' / 'sample_data',
                                   OF_MATPLOTLIB))
            for name in names]


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise DependencyError(
            'procedural clips take textures from the photographs of scikit-image, which is not '
            "installed. Install it: pip install 'anycam_ros[train]' (or scikit-image).")
    return Path(found.origin).parent


def _read(file: Path) -> Image:
    image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DependencyError(f'{file} cannot be read; install its package again.')
    return np.asarray(image, np.uint8)
