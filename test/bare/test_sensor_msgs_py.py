# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clouds through the stand-in of sensor_msgs_py."""

import numpy as np
import pytest
from sensor_msgs.msg import PointField
from sensor_msgs_py.point_cloud2 import create_cloud, read_points
from std_msgs.msg import Header

FIELDS = [PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
          for index, name in enumerate(('x', 'y', 'rgb'))]


@pytest.mark.parametrize('as_tuples', [False, True])
def test_a_cloud_holds_its_points_bit_by_bit(as_tuples: bool) -> None:
    points = np.array([[1.5, -2.0, 0.0], [np.nan, 1e30, 0.0]], np.float32)
    if not as_tuples:
        points[:, 2] = np.array([0x00FF0102, 0x007F80FF], np.uint32).view(np.float32)
    cloud = create_cloud(Header(frame_id='camera'), FIELDS,
                         [tuple(point) for point in points] if as_tuples else points)
    assert (cloud.height, cloud.width, cloud.point_step, cloud.row_step) == (1, 2, 12, 24)
    assert (cloud.header.frame_id, cloud.is_bigendian) == ('camera', False)
    assert bytes(cloud.data) == points.tobytes()
    np.testing.assert_array_equal(read_points(cloud, ['rgb'])['rgb'].view(np.uint32),
                                  points[:, 2].view(np.uint32))


def test_a_cloud_may_be_empty() -> None:
    for points in ([], np.zeros((0, 3), np.float32)):
        cloud = create_cloud(Header(), FIELDS, points)
        assert (cloud.width, len(cloud.data)) == (0, 0)
        assert not len(read_points(cloud))
