# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Point clouds to messages, and back."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

TYPES = {PointField.UINT8: 'u1', PointField.UINT32: '<u4', PointField.FLOAT32: '<f4',
         PointField.FLOAT64: '<f8'}


def dtype_from_fields(fields: Iterable[PointField]) -> np.dtype[Any]:
    """Return the type of one point."""
    fields = list(fields)
    return np.dtype({'names': [field.name for field in fields],
                     'formats': [TYPES[field.datatype] for field in fields],
                     'offsets': [field.offset for field in fields]})


def create_cloud(header: Header, fields: Iterable[PointField], points: Iterable[Any]
                 ) -> PointCloud2:
    """Return a cloud of one row; points is an array (N, fields) or N tuples."""
    fields = list(fields)
    point_type = dtype_from_fields(fields)
    rows = np.asarray(list(map(tuple, points))) if not isinstance(points, np.ndarray) else points
    cells = np.zeros(len(rows), point_type)
    for column, field in enumerate(fields):
        cells[field.name] = rows[:, column] if len(rows) else 0
    cloud = PointCloud2(header=header, height=1, width=len(cells), is_dense=False,
                        is_bigendian=False, fields=fields, point_step=point_type.itemsize,
                        row_step=point_type.itemsize * len(cells))
    cloud.data.frombytes(cells.tobytes())
    return cloud


def read_points(cloud: PointCloud2, field_names: Sequence[str] | None = None) -> NDArray[Any]:
    """Return the points (N,) as a structured array, of the named fields alone if any are."""
    points = np.frombuffer(cloud.data, dtype_from_fields(cloud.fields))
    return points if field_names is None else points[list(field_names)]
