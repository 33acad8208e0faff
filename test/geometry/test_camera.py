# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera holds for the resized image, too, and refuses what no camera has."""

import math

import cv2
import numpy as np
import pytest

from anycam_ros.errors import ConfigError
from anycam_ros.geometry.camera import Intrinsics

CAMERA = Intrinsics(640, 480, 525.0, 520.0, 310.0, 250.0, (0.1, -0.2, 0.0, 0.0, 0.0))


def spot(x_px: float, y_px: float) -> np.ndarray:
    """Return an image (480, 640) with a soft spot at a position."""
    rows, columns = np.mgrid[:480, :640]
    return np.exp(-((columns - x_px) ** 2 + (rows - y_px) ** 2) / (2 * 12.0 ** 2))


def centroid(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()


def test_resized_camera_sees_a_point_where_the_resized_image_shows_it() -> None:
    point = np.array([-0.25, 0.15, 1.0])
    x, y, _ = CAMERA.matrix @ point
    small = cv2.resize(spot(x, y), (320, 160), interpolation=cv2.INTER_AREA)
    expected = CAMERA.resized(320, 160).matrix @ point
    np.testing.assert_allclose(centroid(small), expected[:2], atol=1e-2)


def test_resizing_there_and_back_changes_nothing() -> None:
    back = CAMERA.resized(417, 333).resized(640, 480)
    np.testing.assert_allclose(back.matrix, CAMERA.matrix, rtol=1e-12)
    assert back.distortion == CAMERA.distortion
    assert (back.width, back.height) == (640, 480)


def test_centred_camera_looks_through_the_middle() -> None:
    camera = Intrinsics.centred(100, 60, 80.0)
    assert (camera.cx, camera.cy, camera.fx, camera.fy) == (50, 30, 80, 80)
    np.testing.assert_array_equal(camera.matrix, [[80, 0, 50], [0, 80, 30], [0, 0, 1]])


@pytest.mark.parametrize('change', [
    {'fx': 0.0}, {'fy': -1.0}, {'fx': math.nan}, {'cx': math.inf}, {'cy': math.nan},
    {'distortion': (0.1, math.nan, 0.0, 0.0)}])
def test_impossible_values_are_refused_with_the_value_and_the_way_out(change: dict) -> None:
    values = {'width': 64, 'height': 64, 'fx': 60.0, 'fy': 60.0, 'cx': 32.0, 'cy': 32.0}
    with pytest.raises(ConfigError, match='finite') as refused:
        Intrinsics(**{**values, **change})
    assert str(next(iter(change.values()))) in str(refused.value)
    assert 'Leave the intrinsics out' in str(refused.value)


@pytest.mark.parametrize('change', [
    {'fx': 1e-300}, {'fy': 1e300}, {'cx': -1e9}, {'cy': 1e9},
    {'distortion': (1e300, 0.0, 0.0, 0.0)}])
def test_values_of_no_camera_are_refused_with_what_is_allowed(change: dict) -> None:
    values = {'width': 64, 'height': 48, 'fx': 60.0, 'fy': 60.0, 'cx': 32.0, 'cy': 24.0}
    with pytest.raises(ConfigError, match=r'no camera of 64x48 px.* 3\.2 to 64000 px'):
        Intrinsics(**{**values, **change})


def test_unknown_distortion_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'fov' is unknown.*plumb_bob.*equidistant"):
        Intrinsics(64, 64, 60.0, 60.0, 32.0, 32.0, distortion_model='fov')


@pytest.mark.parametrize(('model', 'count'), [
    ('plumb_bob', 3), ('plumb_bob', 8), ('rational_polynomial', 5), ('equidistant', 5)])
def test_wrong_number_of_coefficients_is_refused(model: str, count: int) -> None:
    with pytest.raises(ConfigError, match=f'{count} coefficients; {model} has'):
        Intrinsics(64, 64, 60.0, 60.0, 32.0, 32.0, (0.01,) * count, model)


@pytest.mark.parametrize('model', ['plumb_bob', 'rational_polynomial', 'equidistant'])
def test_no_coefficients_mean_no_distortion_in_any_model(model: str) -> None:
    assert Intrinsics(64, 64, 60.0, 60.0, 32.0, 32.0, (), model).distortion == ()
