# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A picture without anything to track is named for what it is; a poor one passes."""

from clips import Clip
import cv2
import numpy as np
import pytest

from anycam_ros.motion.geometric.picture import picture_fault

SHAPE = (336, 448)


def flat(level: float, noise: float = 1.0) -> np.ndarray:
    values = level + noise * np.random.default_rng(0).normal(size=SHAPE)
    return np.clip(values, 0, 255).astype(np.uint8)


def grey(walk: Clip) -> np.ndarray:
    return cv2.cvtColor(walk.rendered[0].image_rgb, cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize(('image', 'words'), [
    (np.zeros(SHAPE, np.uint8), 'covered or too dark: mean grey level 0 of 255'),
    (flat(4, 2), 'covered or too dark'),
    (np.full(SHAPE, 255, np.uint8), 'overexposed: mean grey level 255 of 255'),
    (flat(120), 'covered or blank'),
    (np.full(SHAPE, 120, np.uint8), 'covered or blank'),
    (np.broadcast_to(np.linspace(40, 220, SHAPE[1]).astype(np.uint8), SHAPE).copy(),
     'too little texture'),
    (cv2.GaussianBlur(flat(120, 60), (0, 0), 40) * np.uint8(1), 'covered or blank')])
def test_faults(image: np.ndarray, words: str) -> None:
    assert words in picture_fault(image)


def test_good_pictures_have_none(walk: Clip) -> None:
    image = grey(walk)
    assert picture_fault(image) == ''
    assert picture_fault((0.15 * image).astype(np.uint8)) == ''              # dusk
    assert picture_fault(cv2.GaussianBlur(image, (0, 0), 2)) == ''           # out of focus
    assert picture_fault((200 + 0.2 * image).astype(np.uint8)) == ''         # fog


def test_one_object_before_a_blank_wall_is_enough(walk: Clip) -> None:
    image = flat(150)
    image[100:200, 150:260] = grey(walk)[180:280, 200:310]
    assert picture_fault(image) == ''
