# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal lengths among which the network chooses (equations 11-14)."""

import math

import torch
from torch import Tensor

LOGARITHMIC_SHARE = 0.75


def focal_candidates(smallest: float, largest: float, count: int,
                     device: torch.device) -> Tensor:
    """Return the candidates (count,), ascending, as 2 fx / width.

    The paper counts in image heights, which for its square images is half of this.
    """
    logarithmic = torch.linspace(math.log(smallest), math.log(largest), count,
                                 device=device).exp()
    linear = torch.linspace(smallest, largest, count, device=device)
    return LOGARITHMIC_SHARE * logarithmic + (1 - LOGARITHMIC_SHARE) * linear
