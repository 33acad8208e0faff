# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The quaternions of the tf_transformations stand-in."""

from hypothesis import assume, given
from hypothesis import strategies as st
import numpy as np
import pytest
from tf_transformations import quaternion_from_matrix, quaternion_matrix

components = st.tuples(*[st.floats(-1.0, 1.0)] * 4)


@pytest.mark.parametrize(('quaternion', 'x_axis'), [
    ((0.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.5**0.5, 0.5**0.5), (0.0, 1.0, 0.0)),
    ((0.0, 1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
])
def test_the_order_is_x_y_z_w(quaternion: tuple[float, ...], x_axis: tuple[float, ...]) -> None:
    assert np.allclose(quaternion_matrix(quaternion) @ [1, 0, 0, 1], [*x_axis, 1])


@given(components)
def test_a_rotation_survives_the_round_trip(quaternion: tuple[float, ...]) -> None:
    assume(np.linalg.norm(quaternion) > 0.1)
    unit = np.array(quaternion) / np.linalg.norm(quaternion)
    found = quaternion_from_matrix(quaternion_matrix(unit))
    assert abs(found @ unit) == pytest.approx(1.0)
    assert found[3] >= 0
