# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where to start the search for flow: what was found before, turned on as the camera turns.

In a fast turn the image moves farther from one frame to the next than the search for flow can
see; most of that motion is rotation, the same everywhere in the scene, and turns do not stop
within a frame.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class FlowPredictionOptions:
    """Choose when a turn is predicted, and how finely."""

    cell_px: int = 16              # the flow of a rotation is smooth; between cells it is linear
    minimum_turn_px: float = 4.0   # less is within easy reach of the search


def predict_flow(before: FlowPair | None, R_before_reference: Array, R_now_reference: Array, *,
                 camera: ProcessingCamera, focal_px: float, stride: int,
                 options: FlowPredictionOptions) -> FlowPair | None:
    """Return the flow to start with: `before` (none: no motion) with the further rotation.

    R_before_reference is the rotation that `before` was found with; stride is that of its grid.
    """
    turn = R_now_reference @ R_before_reference.T
    if focal_px * np.linalg.norm(turn - np.eye(3)) < options.minimum_turn_px:
        return before

    def rotated(flow: Flow | None, R_now: Array, R_before: Array) -> Flow:
        predicted = _rotation_flow(R_now, camera, focal_px, stride, options.cell_px)
        if flow is None:
            return predicted
        return predicted + flow - _rotation_flow(R_before, camera, focal_px, stride,
                                                 options.cell_px)

    return FlowPair(
        rotated(None if before is None else before.forward, R_now_reference, R_before_reference),
        lambda: rotated(None if before is None else before.backward, R_now_reference.T,
                        R_before_reference.T), stride=stride)


def _rotation_flow(R: Array, camera: ProcessingCamera, focal_px: float, stride: int,
                   cell_px: int) -> Flow:
    """Return the flow (h, w, 2) of a rotation from reference to target, lens distortion aside."""
    width, height = camera.intrinsics.width, camera.intrinsics.height
    rows, columns = -(-height // cell_px), -(-width // cell_px)
    y, x = (np.indices((rows, columns)) + 0.5) * cell_px
    x, y = x - camera.intrinsics.cx, (y - camera.intrinsics.cy) * camera.aspect
    u, v, w = R @ np.stack([x.ravel(), y.ravel(), np.full(x.size, focal_px)])
    w = np.maximum(w, 0.1 * focal_px)
    flow = np.stack([focal_px * u / w - x.ravel(), focal_px * v / w - y.ravel()], axis=1)
    limit = float(max(width, height))
    coarse = np.clip(flow, -limit, limit).reshape(rows, columns, 2).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width // stride, height // stride)), np.float32)
