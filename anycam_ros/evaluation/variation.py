# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Variations of a clip that leave as much to see of the motion, made from its frames in memory.

An odometry that holds on a clip and not on its variations holds by luck.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.evaluation.clip import Clip, ClipFrame, Mask, Truth
from anycam_ros.odometry import Frame

Image = NDArray[np.uint8]
AnyPicture = TypeVar('AnyPicture', Image, Mask)

JPEG_QUALITY = 30
# A third of the light on the same sensor: 2550 electrons are 255 grey levels, 5 electrons of noise
# are read with each pixel.
EXPOSURE = 0.35
ELECTRONS_PER_LEVEL = 10.0
READ_NOISE_LEVELS = 0.5


def _same_picture(picture: AnyPicture) -> AnyPicture:
    return picture


def _same_sensor(image: Image, _index: int) -> Image:
    return image


def _same_truth(truth: Truth) -> Truth:
    return truth


class Variation(NamedTuple):
    """Hold what is done to pictures and masks, to pictures alone, to the order, to the truth."""

    name: str
    shape: Callable[[AnyPicture], AnyPicture] = _same_picture
    sensor: Callable[[Image, int], Image] = _same_sensor     # image, number of the frame
    order: slice = slice(None)                               # of the frames; -1: back in time
    truth: Callable[[Truth], Truth] = _same_truth


def mirrored(picture: AnyPicture) -> AnyPicture:
    """Return an image or a mask with left and right exchanged."""
    return np.ascontiguousarray(picture[:, ::-1])


def mirrored_truth(truth: Truth) -> Truth:
    """Return the trajectory in the mirrored world that the mirrored pictures show."""
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    return replace(truth, T_world_camera=mirror @ truth.T_world_camera @ mirror)


def centre_half(picture: AnyPicture) -> AnyPicture:
    """Return the middle of an image or a mask, half as wide and high; the focal length stays."""
    height, width = picture.shape[:2]
    top, left = height // 4, width // 4
    return np.ascontiguousarray(picture[top:top + height // 2, left:left + width // 2])


def compressed(image: Image, _index: int) -> Image:
    """Return what is left of an image after strong JPEG compression."""
    _, data = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1], np.uint8)


def darkened(image: Image, index: int) -> Image:
    """Return an image with a third of the light, the noise of a sensor and 8 bits."""
    level = EXPOSURE * image.astype(np.float32)
    std = np.sqrt(READ_NOISE_LEVELS ** 2 + level / ELECTRONS_PER_LEVEL)
    noise = np.random.default_rng(index).standard_normal(image.shape, np.float32)
    return np.asarray(np.clip(np.rint(level + std * noise), 0, 255), np.uint8)


AS_RECORDED = Variation('as recorded')
VARIATIONS = (
    AS_RECORDED,
    Variation('mirrored', shape=mirrored, truth=mirrored_truth),
    Variation('reversed', order=slice(None, None, -1)),
    Variation('half the rate', order=slice(None, None, 2)),
    Variation('a third of the rate', order=slice(None, None, 3)),
    Variation('cropped to half', shape=centre_half),
    Variation(f'JPEG {JPEG_QUALITY}', sensor=compressed),
    Variation('dark', sensor=darkened))


def varied(clip: Clip, variation: Variation) -> Clip:
    """Return the variation of a clip with its truth; pictures change as they are read."""
    first_s, last_s = clip.frames[0].stamp_s, clip.frames[-1].stamp_s
    truth, frames = clip.truth, list(enumerate(clip.frames))[variation.order]
    is_reversed = (variation.order.step or 1) < 0
    if truth is not None:
        truth = variation.truth(truth)
        if is_reversed:
            truth = Truth((first_s + last_s - truth.stamps_s)[::-1], truth.T_world_camera[::-1])
    return replace(
        clip, name=f'{clip.name}, {variation.name}', truth=truth,
        frame_step=clip.frame_step * abs(variation.order.step or 1),
        frames=[_varied_frame(frame, index, variation,
                              first_s + last_s - frame.stamp_s if is_reversed else frame.stamp_s)
                for index, frame in frames])


def _varied_frame(frame: ClipFrame, index: int, variation: Variation,
                  stamp_s: float) -> ClipFrame:
    moving = None if frame.load_moving is None \
        else partial(_varied_mask, frame.load_moving, variation)
    return ClipFrame(stamp_s, partial(_varied_image, frame.load, index, variation, stamp_s),
                     moving)


def _varied_image(load: Callable[[], Frame], index: int, variation: Variation,
                  stamp_s: float) -> Frame:
    image = variation.sensor(variation.shape(load().image_rgb), index)
    return Frame(stamp_s, image)


def _varied_mask(load: Callable[[], Mask], variation: Variation) -> Mask:
    return variation.shape(load())
