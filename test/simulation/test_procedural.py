# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural clips: what is rendered, and whether the truth about it is one."""

import cv2
import numpy as np
import pytest

from anycam_ros.geometry.se3 import inverse
from anycam_ros.simulation.procedural import ProceduralClip, ProceduralFrame
from anycam_ros.simulation.procedural.meshes import box, joined, quad
from anycam_ros.simulation.procedural.rasteriser import NOTHING, rasterise
from anycam_ros.simulation.procedural.texture_bank import TextureBank

K = np.array([[100.0, 0, 63.5], [0, 100.0, 47.5], [0, 0, 1]])
SHAPE = 96, 128
# Texture coordinates along the image: the world is the camera.
FACING = [(-2.0, -2.0, 2.0), (4.0, 0, 0), (0, 4.0, 0)]


def bank(*textures: np.ndarray) -> TextureBank:
    made = TextureBank(np.random.default_rng(0), [])
    for texture in textures:
        made.add(texture, has_holes=bool((texture == 0).any()))
    return made


def test_a_plane_has_its_depth_and_its_texture() -> None:
    texture = np.tile(np.linspace(20, 220, 256).astype(np.uint8), (256, 1))
    raster = rasterise(quad(*FACING, 0), bank(texture).pyramids(), np.eye(4), K, SHAPE)
    np.testing.assert_allclose(raster.inverse_depth, 0.5, rtol=1e-6)
    # A pixel is 0.02 m wide there, and 4 m have 200 grey levels; finer detail repeats in 48 px.
    across = np.diff(raster.grey[48, 16:113])
    assert np.mean(across) == pytest.approx(1.0, rel=0.05)


def test_the_nearer_thing_hides_the_other() -> None:
    far, near = np.full((8, 8), 50, np.uint8), np.full((8, 8), 200, np.uint8)
    behind, before = quad(*FACING, 0), quad((-0.25, -0.25, 1.0), (0.5, 0, 0), (0, 0.5, 0), 1)
    raster = rasterise(joined([before, behind]), bank(far, near).pyramids(), np.eye(4), K, SHAPE)
    assert raster.grey[48, 64] == pytest.approx(200, abs=1)
    assert raster.grey[5, 5] == pytest.approx(50, abs=1)


def test_leaves_have_holes() -> None:
    leaves = np.full((64, 64), 90, np.uint8)
    leaves[:, 32:] = 0
    raster = rasterise(quad(*FACING, 0), bank(leaves).pyramids(), np.eye(4), K, SHAPE, sky=10.0)
    assert raster.face[48, 20] != NOTHING
    assert raster.face[48, 100] == NOTHING
    assert raster.grey[48, 100] == 10.0


def test_what_reaches_behind_the_camera_is_drawn_whole() -> None:
    ground = quad((-50.0, 1.0, -50.0), (100.0, 0, 0), (0, 0, 100.0), 0)
    raster = rasterise(ground, bank(np.full((8, 8), 90, np.uint8)).pyramids(), np.eye(4), K, SHAPE)
    assert (raster.face[60:] != NOTHING).all()
    # The ray of row 80 meets the ground 1 m below at depth 100 / 32.5.
    assert raster.inverse_depth[80, 64] == pytest.approx(0.325, rel=1e-4)


def test_a_box_is_closed() -> None:
    pose = np.eye(4)
    pose[2, 3] = 4.0
    grey = bank(np.full((8, 8), 90, np.uint8)).pyramids()
    raster = rasterise(box((1, 1, 1), 0).moved(pose), grey, np.eye(4), K, SHAPE)
    is_seen = raster.face != NOTHING
    filled = cv2.morphologyEx(is_seen.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
    assert is_seen.sum() > 400
    assert (filled > 0).sum() == is_seen.sum()


@pytest.fixture(scope='module')
def clips() -> list[ProceduralClip]:
    pytest.importorskip('skimage', reason='textures need scikit-image')
    return [ProceduralClip(seed) for seed in range(40, 52)]


def test_a_clip_depends_on_its_seed_alone(clips: list[ProceduralClip]) -> None:
    again = ProceduralClip(41)
    np.testing.assert_array_equal(again.frame(7).image_rgb, clips[1].frame(7).image_rgb)
    assert (ProceduralClip(42).frame(7).image_rgb.shape != again.frame(7).image_rgb.shape
            or (ProceduralClip(42).frame(7).image_rgb != again.frame(7).image_rgb).any())


def seen_again(clip: ProceduralClip, first: ProceduralFrame, second: ProceduralFrame
               ) -> tuple[np.ndarray, np.ndarray]:
    """Return the depth that pixels of the first frame have in the second, and what is seen there.

    Both are NaN where the pixel is not in view.
    """
    K = clip.intrinsics.matrix
    rows, columns = np.indices(first.depth_m.shape)
    rays = np.stack([columns, rows, np.ones_like(rows)], -1) @ np.linalg.inv(K).T
    T = inverse(second.T_world_camera) @ first.T_world_camera
    with np.errstate(invalid='ignore'):
        points = (rays * np.where(np.isfinite(first.depth_m), first.depth_m, 1e6)[..., None]) \
            @ T[:3, :3].T + T[:3, 3]
        pixel = points @ K.T
        at = (pixel[..., :2] / pixel[..., 2:]).astype(np.float32)
    depth = cv2.remap(second.depth_m, at[..., 0], at[..., 1], cv2.INTER_NEAREST,
                      borderValue=float('nan'))
    return np.where(points[..., 2] > 0.1, points[..., 2], np.nan), depth


def test_what_stands_is_where_the_truth_says(clips: list[ProceduralClip]) -> None:
    """Static pixels have, seen from the next frame, the depth that is rendered there."""
    agrees, compared = 0, 0
    for clip in clips:
        first, second = clip.frame(10), clip.frame(11)
        expected, found = seen_again(clip, first, second)
        counts = ~first.moving & first.is_told & np.isfinite(expected) & np.isfinite(found)
        agrees += int((np.abs(found / expected - 1)[counts] < 0.05).sum())
        compared += int(counts.sum())
    assert compared > 500_000
    assert agrees / compared > 0.95


def test_some_clips_stand_still_and_some_are_full_of_movers(clips: list[ProceduralClip]) -> None:
    shares = [clip.frame(20).moving.mean() for clip in clips]
    assert min(shares) == 0.0
    assert max(shares) > 0.1
