# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Point clouds as PLY (Turk, 1994)."""

from pathlib import Path

import numpy as np

from anycam_ros.odometry.cloud import PointCloud

VERTEX = np.dtype([('position', '<f4', 3), ('colour', 'u1', 3)])


def write_ply(path: Path, cloud: PointCloud, comment: str) -> None:
    """Write a cloud, binary, little endian, with one line of comment."""
    vertices = np.zeros(len(cloud), VERTEX)
    vertices['position'], vertices['colour'] = cloud.positions, cloud.colours
    properties = [f'property float {name}' for name in 'xyz'] \
        + [f'property uchar {name}' for name in ('red', 'green', 'blue')]
    header = ['ply', 'format binary_little_endian 1.0', f'comment {comment}',
              f'element vertex {len(cloud)}', *properties, 'end_header', '']
    path.write_bytes('\n'.join(header).encode('ascii') + vertices.tobytes())
