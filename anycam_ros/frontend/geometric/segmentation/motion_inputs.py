# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the motion network sees of a frame: measures of the geometry, on a grid of its own."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.frontend.geometric.segmentation.depth_expectation import ExpectedDepth
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    EpipolarResidual,
    Map,
)
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    STRIDE as COARSE_STRIDE,
)
from anycam_ros.frontend.geometric.segmentation.evidence import Evidence
from anycam_ros.geometry.compiled import compiled_reordered, inlined
from anycam_ros.geometry.se3 import Array
from anycam_ros.networks.motion_weights.channels import INPUTS, LIMIT, NetworkFrame, STRIDE

NOISE_PER_FLOW = 0.03        # as the geometric evidence has it
SAMPLES = 600                # of the flow, for the homography
ITERATIONS = 5
POOLED = STRIDE // COARSE_STRIDE


class FrameMaps(NamedTuple):
    """Hold what geometry knows of a frame, on the coarse grid."""

    backward: Flow               # (h, w, 2) to the reference, px; finite
    residual: EpipolarResidual
    depth: ExpectedDepth
    evidence: Evidence           # of this frame
    running: Evidence            # over frames
    vote: Map                    # of a pixel and its neighbours
    appearance: Evidence
    error_px: Map                # flow that neither motion nor a likely depth explains
    gradient: Map
    image: Map                   # grey
    grid: Flow                   # (h, w, 2) undistorted positions, px
    noise_px: float
    focal_px: float
    has_map: bool


def network_shape(coarse: tuple[int, int]) -> tuple[int, int]:
    """Return the shape of the network's grid for that of the coarse grid."""
    return coarse[0] // POOLED, coarse[1] // POOLED


def network_frame(maps: FrameMaps, came_from: tuple[Map, Map] | None) -> NetworkFrame:
    """Return a frame as the motion network sees it.

    came_from is where each pixel of the coarse grid was in the frame before, x and y.
    """
    rows, columns = network_shape(maps.gradient.shape)
    error = _pooled(maps.error_px, rows, columns) / np.float32(maps.noise_px)
    return NetworkFrame(network_inputs(maps),
                        None if came_from is None else on_network_grid(*came_from), error)


def network_inputs(maps: FrameMaps) -> Map:
    """Return the inputs (C, h, w) of the motion network."""
    rows, columns = network_shape(maps.gradient.shape)
    flow, rays = (_pooled(image, rows, columns) for image in (maps.backward, maps.grid))
    H = dominant_homography(flow, maps.noise_px)
    rms_px = math.sqrt(float(np.mean(np.square(flow).sum(axis=-1)))) + 1.0
    typical = max(float(np.median(maps.depth.mean)), 1e-9)
    pooled = np.stack([_pooled(each, rows, columns) for each in (
        *maps.residual[:5], maps.residual.is_known.astype(np.float32), *maps.evidence,
        *maps.running, maps.vote, *maps.appearance, maps.gradient, maps.image, *maps.depth)],
        axis=-1)
    out = np.zeros((len(INPUTS), rows, columns), np.float32)
    _fill(pooled, flow, rays, H, maps.noise_px, rms_px, typical,
          1.0 / maps.focal_px, float(maps.has_map), out)
    return out


def _pooled(image: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Return an image (h, w) or (h, w, n) of the coarse grid on the network's."""
    whole = image[:POOLED * rows, :POOLED * columns]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA),
                      np.float32)


def dominant_homography(flow: Flow, noise_px: float) -> Array:
    """Return the homography (3, 3) that most of a flow (h, w, 2), px of the image, follows.

    Positions and targets are on the grid of the flow. Weighted least squares, Cauchy's weights.
    """
    rows, columns = flow.shape[:2]
    step = max(1, int(math.sqrt(rows * columns / SAMPLES)))
    y, x = np.mgrid[step // 2:rows:step, step // 2:columns:step]
    moved = flow[y, x].reshape(-1, 2).astype(np.float64) / STRIDE
    x, y = x.ravel().astype(np.float64), y.ravel().astype(np.float64)
    scale = 1.0 / columns
    u, v, p, q = scale * x, scale * y, scale * (x + moved[:, 0]), scale * (y + moved[:, 1])
    one, zero = np.ones_like(u), np.zeros_like(u)
    A = np.concatenate([np.stack([u, v, one, zero, zero, zero, -u * p, -v * p], 1),
                        np.stack([zero, zero, zero, u, v, one, -u * q, -v * q], 1)])
    b = np.concatenate([p, q])
    noise = scale * noise_px / STRIDE
    weight = np.ones_like(u)
    h = np.array([1.0, 0, 0, 0, 1.0, 0, 0, 0])
    for _ in range(ITERATIONS):
        W = np.concatenate([weight, weight])[:, None]
        h = np.linalg.solve(A.T @ (W * A) + 1e-9 * np.eye(8), A.T @ (W[:, 0] * b))
        error = A @ h - b
        squared = error[:len(u)] ** 2 + error[len(u):] ** 2
        spread = max(float(np.median(squared)), noise ** 2)
        weight = 1.0 / (1.0 + squared / spread)
    unit = np.diag([1.0 / scale, 1.0 / scale, 1.0])
    return np.asarray(unit @ np.append(h, 1.0).reshape(3, 3) @ np.linalg.inv(unit))


@inlined
def _clipped(value: float) -> float:
    return min(max(value, -LIMIT), LIMIT)


@compiled_reordered
def _fill(maps: NDArray[np.float32], flow: Flow, rays: Flow, H: Array, noise: float, rms: float,
          typical: float, inverse_focal: float, has_map: float, out: Map) -> None:
    """Fill the inputs; maps (h, w, n) in the order of network_inputs."""
    rows, columns = maps.shape[:2]
    for i in range(rows):
        for j in range(columns):
            m, fx, fy = maps[i, j], flow[i, j, 0], flow[i, j, 1]
            expected = noise * (1 + NOISE_PER_FLOW * math.sqrt(fx * fx + fy * fy))
            pz = H[2, 0] * j + H[2, 1] * i + H[2, 2]
            pz = pz if abs(pz) > 1e-6 else 1e-6
            hx = fx - STRIDE * ((H[0, 0] * j + H[0, 1] * i + H[0, 2]) / pz - j)
            hy = fy - STRIDE * ((H[1, 0] * j + H[1, 1] * i + H[1, 2]) / pz - i)
            out[0, i, j] = _clipped(fx / rms)
            out[1, i, j] = _clipped(fy / rms)
            out[2, i, j] = _clipped(math.log(rms) / 2 - 1)
            out[3, i, j] = _clipped(math.asinh(hx / expected) / 1.5)
            out[4, i, j] = _clipped(math.asinh(hy / expected) / 1.5)
            out[5, i, j] = _clipped(math.asinh(m[0] / expected) / 1.5)
            out[6, i, j] = _clipped(math.asinh(m[1] / expected) / 1.5)
            out[7, i, j] = _clipped(math.log1p(m[6]))
            out[8, i, j] = _clipped(m[7])
            out[9, i, j] = _clipped(math.asinh(m[3] / expected) / 1.5)
            out[10, i, j] = _clipped(math.log(m[13] + 0.5) / 2)
            out[11, i, j] = _clipped(math.log1p(m[8]))
            out[12, i, j] = _clipped((math.log(max(m[9], 0.0) + 1e-3) + 3) / 2)
            out[13, i, j] = _clipped(math.log1p(max(m[10], 0.0)))
            out[14, i, j] = _clipped(m[14] / 64 - 2)
            out[15, i, j] = _clipped(math.log1p(m[2] * m[15]) / 2)
            out[16, i, j] = _clipped(math.log((m[15] + 0.1 * typical) / (1.1 * typical)))
            out[17, i, j] = _clipped(m[16] / (m[15] + 0.1 * typical))
            out[18, i, j] = has_map
            out[19, i, j] = m[5]
            out[20, i, j] = _clipped(rays[i, j, 0] * inverse_focal)
            out[21, i, j] = _clipped(rays[i, j, 1] * inverse_focal)
            out[22, i, j] = _clipped(math.log1p(m[11]))
            out[23, i, j] = _clipped(20 * m[12])


def on_network_grid(x: Map, y: Map) -> Map:
    """Return positions (2, h, w) of the network's grid for those (h, w) of the coarse grid."""
    rows, columns = network_shape((x.shape[0], x.shape[1]))
    positions = _pooled(np.stack([x, y], axis=-1), rows, columns).transpose(2, 0, 1)
    return np.asarray((positions + 0.5) / POOLED - 0.5, np.float32)
