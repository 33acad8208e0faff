# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A clip of a rigid scene as numbers: depth, motions and the flow that follows from them."""

from typing import NamedTuple

import pytest

torch = pytest.importorskip('torch', reason='PyTorch is not installed')

from torch import Tensor  # noqa: E402

from anycam_ros.networks.anycam.both_directions import inverse_motion  # noqa: E402
from anycam_ros.networks.anycam.heads import rigid_motion  # noqa: E402
from anycam_ros.training.losses.candidate_flow import candidate_flow  # noqa: E402
from anycam_ros.training.losses.objective import Observed  # noqa: E402

FOCALS = torch.tensor([0.8, 1.3, 2.0, 3.1], dtype=torch.float64)    # 2 fx / W
TRUE = 2                                                            # the camera's own


class RigidClip(NamedTuple):
    """Hold one clip both ways, as a batch of two rows."""

    observed: Observed
    poses: Tensor      # (2, n - 1, 4, 4) camera i -> i + 1


def make_rigid_clip(frames: int = 3, height: int = 12, width: int = 20) -> RigidClip:
    """Return a clip in float64 whose flow follows from its motions and random depth."""
    random = torch.Generator().manual_seed(0)

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random, dtype=torch.float64)
    poses = rigid_motion(noise(1, frames - 1, 6) * torch.tensor([0.05] * 3 + [0.03] * 3))
    backward = inverse_motion(poses).flip(1)
    both = torch.cat([poses, backward])
    depth = 1.0 + 0.5 * torch.rand(2, frames - 1, 1, height, width, generator=random,
                                   dtype=torch.float64)
    flow = candidate_flow(depth, both[:, :, None], FOCALS[TRUE:TRUE + 1])[:, :, 0]
    return RigidClip(Observed(flow, torch.ones_like(flow[:, :, 0]), depth), both)


def for_all_candidates(poses: Tensor) -> Tensor:
    """Return the same motions for each candidate (2, n - 1, C, 4, 4)."""
    return poses[:, :, None].expand(-1, -1, len(FOCALS), -1, -1)
