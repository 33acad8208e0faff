# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The flow that the motion of each focal length candidate induces."""

from torch import Tensor

from anycam_ros.networks.anycam.induced_flow import induced_flow
from anycam_ros.networks.anycam.inputs.preprocessing import middle_px, normalised_flow

NEAREST = 0.01          # depth, as in the authors' code
LARGEST_FLOW = 1.0      # half the image; as in the authors' code


def candidate_flow(depth: Tensor, poses: Tensor, focals: Tensor) -> Tensor:
    """Return the induced flow (B, n - 1, C, 2, H, W) of frame i to i + 1 (equation 3).

    Takes the depth (B, n - 1, 1, H, W) of frame i, poses (B, n - 1, C, 4, 4) that map points of
    camera i to camera i + 1, and the candidates (C,), 2 fx / W.
    """
    height, width = depth.shape[-2:]
    flow_px = induced_flow(depth.clamp(min=NEAREST), poses, focals * (width / 2),
                           middle_px(width, height), nearest=NEAREST, behind=NEAREST)
    return normalised_flow(flow_px).clamp(-LARGEST_FLOW, LARGEST_FLOW)
