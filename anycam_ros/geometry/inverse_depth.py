# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reprojection of a point with inverse depth, and its derivatives.

A point on the ray of its anchor camera at inverse depth d lies, in another camera and multiplied
with d, at `X = R ray + d t`. It is seen at `(u, v) = (X / Z, Y / Z)` times the focal length, and
with radial distortion at `(u, v) f (1 + k1 |(u, v)|^2)`. A pose is perturbed on the left of
T_camera_world: linear, then angular.

The two Jacobians are one formula, written apart: the general one rounds in another way.
"""

from typing import Any

from anycam_ros.geometry.compiled import inlined

MINIMUM_Z = 0.05          # of a point in front of the camera, in units of its anchor depth
BEHIND_CAMERA_PX = 1e3    # residual of an observation whose point is not in front


@inlined
def fill_pose_jacobian(u: Any, v: Any, focal: float, per_unit: Any, J: Any) -> None:  # noqa: ANN401
    """Fill d(pixel) / d(pose of the camera), (2, 6), of a pinhole camera.

    per_unit is what a unit of the camera's translation across the ray moves the pixel by,
    `d f / Z` (px). Outside of compiled code all but the focal length may be arrays (N,), and J
    (2, 6, N).
    """
    J[0, 0], J[0, 1], J[0, 2] = per_unit, 0.0, -per_unit * u
    J[1, 0], J[1, 1], J[1, 2] = 0.0, per_unit, -per_unit * v
    J[0, 3], J[0, 4], J[0, 5] = -focal * u * v, focal * (1 + u * u), -focal * v
    J[1, 3], J[1, 4], J[1, 5] = -focal * (1 + v * v), focal * u * v, focal * u


@inlined
def pixel_change(u: float, v: float, focal_over_z: float, x: float, y: float,
                 z: float) -> tuple[float, float]:
    """Return how the pixel moves where the point X moves by (x, y, z); `t` per inverse depth."""
    return focal_over_z * (x - u * z), focal_over_z * (y - v * z)


@inlined
def fill_distorted_pose_jacobian(u: float, v: float, lens: tuple[float, float, float],
                                 d_over_z: float, Jx: Any, Jy: Any) -> None:  # noqa: ANN401
    """Fill the first 6 entries of d(pixel) / d(pose of the camera) with radial distortion.

    lens is d(pixel) / d(u, v), px: xx, xy and yy of a symmetric matrix.
    """
    xx, xy, yy = lens
    Jx[0], Jy[0] = xx * d_over_z, xy * d_over_z
    Jx[1], Jy[1] = xy * d_over_z, yy * d_over_z
    Jx[2], Jy[2] = -d_over_z * (xx * u + xy * v), -d_over_z * (xy * u + yy * v)
    Jx[3] = -v * (xx * u + xy * v) - xy
    Jy[3] = -v * (xy * u + yy * v) - yy
    Jx[4] = u * (xx * u + xy * v) + xx
    Jy[4] = u * (xy * u + yy * v) + xy
    Jx[5], Jy[5] = xy * u - xx * v, yy * u - xy * v
