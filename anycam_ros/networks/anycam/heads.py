# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The heads: relative pose per focal length candidate, and the candidates' probabilities."""

import torch
from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.networks.anycam.config import NetworkConfig
from anycam_ros.networks.anycam.rotations import matrix_from_vector

POSE_VALUES = 6              # translation, rotation vector
POSE_SCALE = 0.01
LOGIT_SCALE = 0.01
SCALING_FEATURES = 16        # in the weights, but without use


class Heads(nn.Module):
    """Read poses off the pose tokens and focal lengths off the window's token, in float32."""

    def __init__(self, config: NetworkConfig) -> None:
        """Make the layers."""
        super().__init__()
        self.candidates = config.candidates
        self.pose = Head(config.fusion_channels, POSE_VALUES * config.candidates)
        self.sequence = Head(config.fusion_channels, config.candidates + SCALING_FEATURES)

    def forward(self, tokens: Tensor, sequence: Tensor) -> tuple[Tensor, Tensor]:
        """Return poses (B, n, candidates, 4, 4) and log-probabilities (B, candidates).

        A pose maps points of a camera to the next one.
        """
        with torch.autocast(tokens.device.type, enabled=False):
            vectors = self.pose(tokens.float()).unflatten(2, (self.candidates, POSE_VALUES))
            logits = self.sequence(sequence.float())[:, :self.candidates]
            return (rigid_motion(POSE_SCALE * vectors),
                    functional.log_softmax(LOGIT_SCALE * logits, dim=1))


class Head(nn.Module):
    """Two linear layers."""

    def __init__(self, channels: int, outputs: int) -> None:
        """Make the layers."""
        super().__init__()
        self.hidden = nn.Linear(channels, channels // 2)
        self.output = nn.Linear(channels // 2, outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (..., outputs)."""
        return self.output(functional.relu(self.hidden(tokens)))


def rigid_motion(vectors: Tensor) -> Tensor:
    """Return the motions (..., 4, 4) of vectors (..., 6): translation, rotation vector (rad)."""
    translation, rotation = vectors[..., :3, None], matrix_from_vector(vectors[..., 3:])
    upper = torch.cat([rotation, translation], dim=-1)
    # Made on the device: a copy from the host would have the host wait for it.
    corner = torch.diag(torch.eye(4, device=vectors.device)[3])
    return functional.pad(upper, (0, 0, 0, 1)) + corner
