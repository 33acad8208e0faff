# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An image without anything to track is named for what it is; a poor one passes."""

from clips import Clip
import cv2
import numpy as np
import pytest

from anycam_ros.frontend.common.image_quality import image_quality_fault, is_blurred
from anycam_ros.frontend.reason import Cause, NO_REASON

SHAPE = (336, 448)


def flat(level: float, noise: float = 1.0) -> np.ndarray:
    values = level + noise * np.random.default_rng(0).normal(size=SHAPE)
    return np.clip(values, 0, 255).astype(np.uint8)


def wall() -> np.ndarray:
    """Return a wall with light falling off along it and one thin crack."""
    shade = np.linspace(100, 140, SHAPE[1])[None, :] * np.ones((SHAPE[0], 1))
    shade[150:160, 200] = 30
    return np.clip(shade + np.random.default_rng(1).normal(size=SHAPE), 0, 255).astype(np.uint8)


def grey(walk: Clip) -> np.ndarray:
    return cv2.cvtColor(walk.rendered[0].image_rgb, cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize(('image', 'cause', 'words'), [
    (np.zeros(SHAPE, np.uint8), Cause.TOO_DARK, 'covered or too dark: mean grey level 0 of 255'),
    (flat(4, 2), Cause.TOO_DARK, 'covered or too dark'),
    (np.full(SHAPE, 255, np.uint8), Cause.OVEREXPOSED,
     'overexposed: mean grey level 255 of 255'),
    (flat(120), Cause.COVERED, 'covered or blank'),
    (np.full(SHAPE, 120, np.uint8), Cause.COVERED, 'covered or blank'),
    (np.broadcast_to(np.linspace(40, 220, SHAPE[1]).astype(np.uint8), SHAPE).copy(),
     Cause.BLURRED, 'no edge is sharp'),
    (wall(), Cause.TOO_LITTLE_TEXTURE, 'too little texture: 0.'),
    (cv2.GaussianBlur(flat(120, 60), (0, 0), 40), Cause.COVERED, 'covered or blank')])
def test_faults(image: np.ndarray, cause: Cause, words: str) -> None:
    fault = image_quality_fault(image)
    assert fault.cause is cause
    assert words in fault.words


def test_good_images_have_none(walk: Clip) -> None:
    image = grey(walk)
    assert image_quality_fault(image) is NO_REASON
    assert image_quality_fault((0.15 * image).astype(np.uint8)) is NO_REASON      # dusk
    assert image_quality_fault(cv2.GaussianBlur(image, (0, 0), 2)) is NO_REASON   # unsharp
    assert image_quality_fault((200 + 0.2 * image).astype(np.uint8)) is NO_REASON # fog


def test_one_object_before_a_blank_wall_is_enough(walk: Clip) -> None:
    image = flat(150)
    image[100:200, 150:260] = grey(walk)[180:280, 200:310]
    assert image_quality_fault(image) is NO_REASON


@pytest.mark.parametrize('smear', [(31, 1), (1, 31), (15, 15)])
def test_smeared_images_are_blurred_in_any_direction(walk: Clip, smear: tuple[int, int]) -> None:
    assert not is_blurred(grey(walk))
    assert is_blurred(cv2.blur(grey(walk), smear))
