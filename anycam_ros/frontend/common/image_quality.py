# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image quality: is there anything to see in an image, and is it sharp."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.reason import Cause, NO_REASON, Reason


@dataclass(frozen=True)
class ImageQualityOptions:
    """Choose which images show too little."""

    dark_level: float = 12.0           # mean grey level of 255 of a blank image that is dark
    bright_level: float = 245.0        # of one that is overexposed
    minimum_std: float = 4.0           # of grey levels; noise alone makes 1 to 3
    minimum_gradient: float = 6.0      # grey levels per pixel that noise does not make
    minimum_textured_share: float = 0.005      # of the image; tracks need a few corners
    edge_percentile: float = 99.5      # of the slopes: the steepest, without single pixels
    # Steepest slopes against those of the image at a quarter of the size: 0.25 for edges as wide
    # as a smear, 0.4 to 1 in images that the eye calls sharp.
    sharp_ratio: float = 0.36


DEFAULT = ImageQualityOptions()


def image_quality_fault(image: Image, options: ImageQualityOptions = DEFAULT,
                        left_out: NDArray[np.bool_] | None = None) -> Reason:
    """Return why nothing can be tracked in a grey image; NO_REASON when something can.

    What is fixed to the camera, left_out (H, W), does not count.
    """
    counts = None if left_out is None else (~left_out).astype(np.uint8)
    mean, std = (float(value[0, 0]) for value in cv2.meanStdDev(image, mask=counts))
    if std < options.minimum_std:
        if mean < options.dark_level:
            return Reason(Cause.TOO_DARK, f'covered or too dark: mean grey level {mean:.0f} of '
                                          '255')
        if mean > options.bright_level:
            return Reason(Cause.OVEREXPOSED, f'overexposed: mean grey level {mean:.0f} of 255')
        return Reason(Cause.COVERED, 'covered or blank: grey levels deviate by '
                                     f'{std:.1f} only')
    small = cv2.pyrDown(image)
    dx = cv2.Sobel(small, cv2.CV_16S, 1, 0)
    dy = cv2.Sobel(small, cv2.CV_16S, 0, 1)
    steep = np.maximum(np.abs(dx), np.abs(dy)) > 8 * options.minimum_gradient
    if counts is not None:
        steep &= counts[::2, ::2] > 0
    if steep.mean() < options.minimum_textured_share:
        if is_blurred(image, options):
            return Reason(Cause.BLURRED, 'blurred: no edge is sharp enough to follow')
        return Reason(Cause.TOO_LITTLE_TEXTURE, f'too little texture: {100 * steep.mean():.2f} % '
                                                'of the image has any')
    return NO_REASON


def is_blurred(image: Image, options: ImageQualityOptions = DEFAULT) -> bool:
    """Return whether the edges of a grey image are smeared, in either direction."""
    coarse = np.asarray(cv2.pyrDown(cv2.pyrDown(image)), np.uint8)
    percentile = options.edge_percentile
    return any(_steepest(image, *direction, percentile)
               < options.sharp_ratio * _steepest(coarse, *direction, percentile)
               for direction in ((1, 0), (0, 1)))


def _steepest(image: Image, dx: int, dy: int, percentile: float) -> float:
    slopes = np.abs(cv2.Sobel(image, cv2.CV_16S, dx, dy))
    return float(np.percentile(slopes, percentile))
