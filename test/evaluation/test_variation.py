# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The truth of a varied clip is that of its pictures, and every picture is what it says."""

import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.evaluation.clip import Clip, ClipFrame, Truth
from anycam_ros.evaluation.variation import AS_RECORDED, VARIATIONS, varied
from anycam_ros.odometry import Frame
from anycam_ros.simulation.rendered_scene import hand_held, RenderedScene

WIDTH, HEIGHT, COUNT = 160, 128, 7
SCENE = RenderedScene(WIDTH, HEIGHT, path=hand_held, noise=0.0)
RENDERED = [SCENE.frame(5 * index) for index in range(COUNT)]
STAMPS_S = np.array([0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7]) + 100


def clip_frame(index: int) -> ClipFrame:
    rendered = RENDERED[index]
    return ClipFrame(STAMPS_S[index], lambda: Frame(STAMPS_S[index], rendered.image_rgb),
                     lambda: rendered.moving)


def clip_of(name: str) -> Clip:
    truth = Truth(STAMPS_S, np.array([rendered.T_world_camera for rendered in RENDERED]))
    recorded = Clip('clip', [clip_frame(index) for index in range(COUNT)], truth,
                    SCENE.intrinsics.fx)
    variation, = (variation for variation in VARIATIONS if variation.name == name)
    return varied(recorded, variation)


def loaded(clip: Clip) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return stamps, pictures and masks."""
    frames = [frame.load() for frame in clip.frames]
    assert [frame.stamp_s for frame in frames] == [frame.stamp_s for frame in clip.frames]
    return (np.array([frame.stamp_s for frame in frames]),
            np.array([frame.image_rgb for frame in frames]),
            np.array([frame.load_moving() for frame in clip.frames if frame.load_moving]))


def projected(clip: Clip, rendered_index: int, clip_index: int, is_mirrored: bool) \
        -> NDArray[np.float64]:
    """Return the pixel (2,) at which the truth of a clip has a point seen in a rendered frame."""
    rendered = RENDERED[rendered_index]
    point = rendered.T_world_camera @ np.array([0.3, -0.2, 2.0, 1.0])
    point[0] *= -1 if is_mirrored else 1
    assert clip.truth is not None
    x, y, z, _ = np.linalg.inv(clip.truth.T_world_camera[clip_index]) @ point
    return np.array([clip.focal_px * x / z, clip.focal_px * y / z])


def test_mirrored_truth_sees_the_mirrored_world() -> None:
    clip = clip_of('mirrored')
    _, images, masks = loaded(clip)
    np.testing.assert_array_equal(images[2][:, ::-1], RENDERED[2].image_rgb)
    np.testing.assert_array_equal(masks[2][:, ::-1], RENDERED[2].moving)
    assert clip.truth is not None
    assert np.linalg.det(clip.truth.T_world_camera[3]) == pytest.approx(1)
    plain = projected(clip_of('as recorded'), 0, 3, is_mirrored=False)
    np.testing.assert_allclose(projected(clip, 0, 3, is_mirrored=True), plain * [-1, 1])


def test_reversed_clip_goes_forward_in_time_and_back_on_its_way() -> None:
    clip = clip_of('reversed')
    stamps_s, images, _ = loaded(clip)
    np.testing.assert_allclose(np.diff(stamps_s), np.diff(STAMPS_S)[::-1])
    np.testing.assert_array_equal(images[0], RENDERED[-1].image_rgb)
    assert clip.truth is not None
    np.testing.assert_allclose(clip.truth.stamps_s, stamps_s)
    np.testing.assert_array_equal(clip.truth.T_world_camera[0], RENDERED[-1].T_world_camera)


@pytest.mark.parametrize(('name', 'step'), [('half the rate', 2), ('a third of the rate', 3)])
def test_lower_rate_leaves_out_frames(name: str, step: int) -> None:
    clip = clip_of(name)
    stamps_s, images, _ = loaded(clip)
    np.testing.assert_array_equal(stamps_s, STAMPS_S[::step])
    np.testing.assert_array_equal(images[1], RENDERED[step].image_rgb)
    assert clip.frame_step == step


def test_cropped_picture_is_the_middle() -> None:
    clip = clip_of('cropped to half')
    _, images, masks = loaded(clip)
    assert images.shape[1:] == (HEIGHT // 2, WIDTH // 2, 3)
    np.testing.assert_array_equal(images[1], RENDERED[1].image_rgb[32:96, 40:120])
    np.testing.assert_array_equal(masks[1], RENDERED[1].moving[32:96, 40:120])
    assert clip.focal_px == SCENE.intrinsics.fx


def test_compressed_picture_is_the_same_but_for_what_compression_takes() -> None:
    _, images, masks = loaded(clip_of('JPEG 30'))
    error = np.abs(images[1].astype(float) - RENDERED[1].image_rgb)
    assert 1 < error.mean() < 10
    np.testing.assert_array_equal(masks[1], RENDERED[1].moving)


def test_dark_picture_has_a_third_of_the_light_and_noise_that_grows_with_it() -> None:
    _, images, _ = loaded(clip_of('dark'))
    level = 0.35 * RENDERED[1].image_rgb.astype(float)
    error = images[1] - level
    assert abs(error.mean()) < 0.1
    bright = level > np.median(level)
    assert 0.7 < error[~bright].std() < error[bright].std() < 4
    again, = (frame.load().image_rgb for frame in clip_of('dark').frames[1:2])
    np.testing.assert_array_equal(again, images[1])


def test_clip_as_recorded_is_the_clip() -> None:
    assert VARIATIONS[0] == AS_RECORDED
    stamps_s, images, masks = loaded(clip_of('as recorded'))
    np.testing.assert_array_equal(stamps_s, STAMPS_S)
    for index, rendered in enumerate(RENDERED):
        np.testing.assert_array_equal(images[index], rendered.image_rgb)
        np.testing.assert_array_equal(masks[index], rendered.moving)
