# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Coloured points as a message."""

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from sensor_msgs_py.point_cloud2 import create_cloud
from std_msgs.msg import Header

from anycam_ros.odometry.cloud import PointCloud

# As PCL and RViz know them: rgb has the bytes 0, R, G, B of a number in the place of a float.
FIELDS = [PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
          for index, name in enumerate(('x', 'y', 'z', 'rgb'))]


def cloud_message(header: Header, cloud: PointCloud) -> PointCloud2:
    """Return the points in the frame of the header, fields x y z rgb."""
    points = np.empty((len(cloud), 4), np.float32)
    points[:, :3] = cloud.positions
    red, green, blue = cloud.colours.astype(np.uint32).T
    points.view(np.uint32)[:, 3] = red << 16 | green << 8 | blue
    return create_cloud(header, FIELDS, points)
