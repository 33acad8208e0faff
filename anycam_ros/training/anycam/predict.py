# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network's prediction with all that the losses need of it."""

import torch
from torch.nn import functional

from anycam_ros.networks.anycam import AnyCam
from anycam_ros.networks.anycam.inputs.preprocessing import normalised_flow
from anycam_ros.training.anycam.windows import Windows
from anycam_ros.training.losses.objective import Predicted
from anycam_ros.training.losses.pose_tokens import dropped_tokens


def predict(network: AnyCam, windows: Windows, token_dropout: float) -> Predicted:
    """Return what the network says of windows, as in its forward().

    In training, a share of the entries of the pose tokens is set to 0; uncertainty, which is
    made of the patches, does not depend on it.
    """
    rows, frames, _, height, width = windows.images.shape
    # The last frame has no successor.
    flow = functional.pad(normalised_flow(windows.forward_px), (0, 0, 0, 0, 0, 0, 0, 1))
    code = network.encode(windows.images.flatten(0, 1), flow.flatten(0, 1),
                          windows.depth.flatten(0, 1))
    tokens = code.token.unflatten(0, (rows, frames))
    seen = dropped_tokens(tokens, token_dropout) if network.training else tokens
    attended, sequence = network.interframe(seen)
    poses, focal_log_probs = network.heads(attended, sequence)
    with_successor = torch.arange(rows * frames, device=tokens.device).unflatten(
        0, (rows, frames))[:, :-1].flatten()
    shared = network.uncertainty_branch(tuple(level[with_successor] for level in code.patches))
    scale = network.uncertainty_branch.scale(shared, (height, width), None)
    return Predicted(poses[:, :-1], focal_log_probs,
                     scale.float().unflatten(0, (rows, frames - 1)),
                     (tokens.float(), attended.float()))
