# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What lenses cameras have: the focal length that is assumed of one that nobody calibrated."""

from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.common.log_focal_distribution import LogFocalDistribution


class Lens(NamedTuple):
    """Describe the focal lengths of a kind of cameras, in longer sides of the image."""

    ratio: float     # 1 / (2 tan(horizontal field of view / 2)), in the middle of its kind
    spread: float    # standard deviation of its logarithm within the kind
    share: float     # of the recordings that come without a calibration: an estimate


# Makers state the diagonal angle of the 4:3 sensor, or the focal length that has the same angle
# before 36x24 mm; a 16:9 video is as wide as the sensor, less what stabilisation cuts off: 10 to
# 20 %.
LENSES = {
    # 24 to 28 mm by EXIF and data sheets (iPhone 7: 28, 11 and 13: 26, Galaxy S22 Ultra: 23).
    'phone': Lens(0.82, 0.12, 0.30),
    # 13 mm (the same phones), straightened by the phone.
    'phone, ultra-wide': Lens(0.42, 0.12, 0.08),
    # Logitech C920: 78 degrees diagonal, 70 horizontal; Microsoft LifeCam: 53 to 64.
    'webcam': Lens(0.80, 0.18, 0.12),
    # Kinect: 62 degrees horizontal, RealSense D435 (colour): 69, D455: 90.
    'RGB-D camera': Lens(0.74, 0.15, 0.10),
    # Raspberry Pi: 53.5 (v1), 62.2 (v2) and 66 degrees (v3) horizontal, 102 with the wide one.
    'single-board computer': Lens(0.80, 0.25, 0.08),
    # GoPro: 86 to 92 degrees horizontal (linear), 114 to 121 (wide: the middle of a fisheye has
    # a longer focal length than that angle of a pinhole); SJCAM SJ4000: 112.
    'action camera': Lens(0.48, 0.15, 0.08),
    # 105 to 120 degrees horizontal (130 to 140 diagonal), a fisheye in the same way.
    'dash camera': Lens(0.48, 0.20, 0.06),
    # 4 to 12 mm before a sensor 4.8 to 7.2 mm wide; KITTI: 81 degrees, EuRoC: 79.
    'machine vision': Lens(0.80, 0.35, 0.10),
    # DJI: 82 to 84 degrees diagonal in photos, 75 in videos.
    'drone': Lens(0.74, 0.08, 0.08),
}

_RATIOS = LogFocalDistribution(
    np.array([lens.share for lens in LENSES.values()]),
    np.log([lens.ratio for lens in LENSES.values()]),
    np.array([lens.spread for lens in LENSES.values()]) ** 2)

PRIOR_RATIO = float(np.exp(_RATIOS.median))    # of the longer side: half of the lenses are longer


def focal_prior(focal_px: float) -> LogFocalDistribution:
    """Return how log focal (px) is distributed where lenses have focal_px in the median."""
    return _RATIOS.shifted(float(np.log(focal_px / PRIOR_RATIO)))
