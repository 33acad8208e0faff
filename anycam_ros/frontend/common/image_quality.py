# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Is there anything to see in the picture, and is it sharp."""

import cv2
import numpy as np

from anycam_ros.flow.dis import Image
from anycam_ros.frontend.reason import Cause, NO_REASON, Reason

DARK_LEVEL = 12.0
BRIGHT_LEVEL = 245.0
MINIMUM_STD = 4.0
MINIMUM_GRADIENT = 6.0           # grey levels per pixel
MINIMUM_TEXTURED_SHARE = 0.005
EDGE_PERCENTILE = 99.5
# Steepest slopes against those of the picture at a quarter of the size: 0.25 for edges as wide as
# a smear, 0.4 to 1 in pictures that the eye calls sharp.
SHARP_RATIO = 0.36


def image_quality_fault(image: Image) -> Reason:
    """Return why nothing can be tracked in a grey image; NO_REASON when something can."""
    mean, std = (float(value[0, 0]) for value in cv2.meanStdDev(image))
    if std < MINIMUM_STD:
        if mean < DARK_LEVEL:
            return Reason(Cause.TOO_DARK, f'covered or too dark: mean grey level {mean:.0f} of '
                                          '255')
        if mean > BRIGHT_LEVEL:
            return Reason(Cause.OVEREXPOSED, f'overexposed: mean grey level {mean:.0f} of 255')
        return Reason(Cause.COVERED, 'covered or blank: grey levels deviate by '
                                     f'{std:.1f} only')
    small = cv2.pyrDown(image)
    dx = cv2.Sobel(small, cv2.CV_16S, 1, 0)
    dy = cv2.Sobel(small, cv2.CV_16S, 0, 1)
    steep = np.maximum(np.abs(dx), np.abs(dy)) > 8 * MINIMUM_GRADIENT
    if steep.mean() < MINIMUM_TEXTURED_SHARE:
        if is_blurred(image):
            return Reason(Cause.BLURRED, 'blurred: no edge is sharp enough to follow')
        return Reason(Cause.TOO_LITTLE_TEXTURE, f'too little texture: {100 * steep.mean():.2f} % '
                                                'of the picture has any')
    return NO_REASON


def is_blurred(image: Image) -> bool:
    """Return whether the edges of a grey image are smeared, in either direction."""
    coarse = np.asarray(cv2.pyrDown(cv2.pyrDown(image)), np.uint8)
    return any(_steepest(image, *direction) < SHARP_RATIO * _steepest(coarse, *direction)
               for direction in ((1, 0), (0, 1)))


def _steepest(image: Image, dx: int, dy: int) -> float:
    slopes = np.abs(cv2.Sobel(image, cv2.CV_16S, dx, dy))
    return float(np.percentile(slopes, EDGE_PERCENTILE))
