# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where to start the search for flow: what was found before, turned on as the camera turns.

In a fast turn the picture moves farther from one frame to the next than the search for flow can
see; most of that motion is rotation, the same everywhere in the scene, and turns do not stop
within a frame.
"""

import cv2
import numpy as np

from anycam_ros.flow.dis import Flow
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array

CELL_PX = 16
MINIMUM_TURN_PX = 4.0            # less is within easy reach of the search


def predict_flow(before: FlowPair | None, R_before_reference: Array, R_now_reference: Array,
                 camera: ProcessingCamera, focal_px: float) -> FlowPair | None:
    """Return the flow to start with: `before` (none: no motion) with the further rotation.

    R_before_reference is the rotation that `before` was found with.
    """
    turn = R_now_reference @ R_before_reference.T
    if focal_px * np.linalg.norm(turn - np.eye(3)) < MINIMUM_TURN_PX:
        return before
    forward = _rotation_flow(R_now_reference, camera, focal_px)
    backward = _rotation_flow(R_now_reference.T, camera, focal_px)
    if before is not None:
        forward += before.forward - _rotation_flow(R_before_reference, camera, focal_px)
        backward += before.backward - _rotation_flow(R_before_reference.T, camera, focal_px)
    return FlowPair(forward, backward)


def _rotation_flow(R: Array, camera: ProcessingCamera, focal_px: float) -> Flow:
    """Return the flow (H, W, 2) of a rotation from reference to target, lens distortion aside."""
    width, height = camera.intrinsics.width, camera.intrinsics.height
    rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
    y, x = (np.indices((rows, columns)) + 0.5) * CELL_PX
    x, y = x - camera.intrinsics.cx, (y - camera.intrinsics.cy) * camera.aspect
    u, v, w = R @ np.stack([x.ravel(), y.ravel(), np.full(x.size, focal_px)])
    w = np.maximum(w, 0.1 * focal_px)
    flow = np.stack([focal_px * u / w - x.ravel(), focal_px * v / w - y.ravel()], axis=1)
    limit = float(max(width, height))
    coarse = np.clip(flow, -limit, limit).reshape(rows, columns, 2).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height)), np.float32)
