# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Is there anything to see in the picture."""

import cv2
import numpy as np

from anycam_ros.flow.dis import Image

DARK_LEVEL = 12.0
BRIGHT_LEVEL = 245.0
MINIMUM_DEVIATION = 4.0
MINIMUM_GRADIENT = 6.0           # grey levels per pixel
MINIMUM_TEXTURED_SHARE = 0.005


def picture_fault(image: Image) -> str:
    """Return why nothing can be tracked in a grey image; empty when something can."""
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(image))
    if deviation < MINIMUM_DEVIATION:
        if mean < DARK_LEVEL:
            return f'covered or too dark: mean grey level {mean:.0f} of 255'
        if mean > BRIGHT_LEVEL:
            return f'overexposed: mean grey level {mean:.0f} of 255'
        return f'covered or blank: grey levels deviate by {deviation:.1f} only'
    small = cv2.pyrDown(image)
    dx = cv2.Sobel(small, cv2.CV_16S, 1, 0)
    dy = cv2.Sobel(small, cv2.CV_16S, 0, 1)
    steep = np.maximum(np.abs(dx), np.abs(dy)) > 8 * MINIMUM_GRADIENT
    if steep.mean() < MINIMUM_TEXTURED_SHARE:
        return f'too little texture: {100 * steep.mean():.2f} % of the picture has any'
    return ''
