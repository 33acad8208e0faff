# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera makes of light: shutter, lens, exposure, noise and compression."""

from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Sensor:
    """Hold how one camera sees."""

    lens_blur_px: float
    shutter: float            # share of the time between frames in which it is open
    vignetting: float         # loss of light in the corners
    noise: float              # grey levels
    exposure_drift: float     # relative, per second
    jpeg_quality: int         # 100: not compressed

    @classmethod
    def random(cls, rng: np.random.Generator) -> 'Sensor':
        """Return a random camera."""
        return cls(lens_blur_px=rng.uniform(0.4, 0.9), shutter=rng.uniform(0.0, 0.6),
                   vignetting=float(rng.choice([0.0, rng.uniform(0, 0.4)])),
                   noise=math.exp(rng.uniform(math.log(0.5), math.log(5))),
                   exposure_drift=float(rng.choice([0.0, rng.normal(0, 0.1)])),
                   jpeg_quality=int(rng.choice([100, int(rng.integers(35, 96))])))

    def image(self, light: Grey, motion_px: NDArray[np.float64], time_s: float,
              rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the picture (H, W), grey; motion_px (2,) is that of most of it, per frame."""
        seen = cv2.GaussianBlur(light, (0, 0), self.lens_blur_px)
        seen = _smeared(np.asarray(seen, np.float32), self.shutter * motion_px)
        height, width = light.shape
        if self.vignetting:
            y, x = np.ogrid[-1:1:height * 1j, -1:1:width * 1j]
            seen = seen * (1 - self.vignetting * 0.5 * (x ** 2 + y ** 2)).astype(np.float32)
        seen = seen * np.float32(1 + self.exposure_drift * time_s) \
            + np.float32(self.noise) * rng.standard_normal(light.shape, np.float32)
        picture = np.asarray(np.clip(seen + 0.5, 0, 255), np.uint8)
        if self.jpeg_quality == 100:
            return picture
        _, coded = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _smeared(image: Grey, motion_px: NDArray[np.float64]) -> Grey:
    """Return an image smeared along a motion."""
    length = min(float(np.hypot(*motion_px)), 25.0)
    if length < 1.0:
        return image
    side = 2 * math.ceil(length / 2) + 1
    kernel = np.zeros((side, side), np.float32)
    x, y = length / 2 * motion_px / np.hypot(*motion_px)
    middle = side // 2
    cv2.line(kernel, (round(middle - x), round(middle - y)), (round(middle + x),
                                                             round(middle + y)), 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.float32)
