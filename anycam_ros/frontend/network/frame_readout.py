# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the host reads of a frame, in one wait for the device."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from anycam_ros.devices import download, upload
from anycam_ros.frontend.network.stream_window import StreamEstimate
from anycam_ros.frontend.network.warp import flow_returns, looked_up
from anycam_ros.geometry.se3 import Array
from anycam_ros.networks.anycam.inputs.preprocessing import Map


class FrameReadout(NamedTuple):
    """Hold what decides how to go on after a frame, on the host."""

    returning: float     # share of the flow that leads back to where it began
    moved_px: Map        # (N, 2) flow to the new frame where the points of stationarity are
    motions: Array       # (candidates, 4, 4) camera before -> new camera, in 10 m
    log_probs: Array     # (candidates,) of the focal lengths


def read_out(flows: tuple[Tensor, Tensor], estimate: StreamEstimate | None, positions_px: Array,
             device: torch.device) -> FrameReadout:
    """Return what decides how to go on.

    flows (2, H, W), px, lead from the frame before to the new one and back; positions_px (N, 2)
    lie in the frame before.
    """
    positions = upload(positions_px.astype(np.float32), device)
    asked = [flow_returns(*flows).float().mean(), looked_up(flows[0], positions)]
    if estimate is not None:
        asked += [estimate.relative_poses[-1], estimate.focal_log_probs]
    returning, moved, *rest = download(*asked)
    motions, log_probs = rest or (np.empty((0, 4, 4)), np.empty(0))
    return FrameReadout(float(returning), moved.T, motions.astype(np.float64),
                        log_probs.astype(np.float64))
