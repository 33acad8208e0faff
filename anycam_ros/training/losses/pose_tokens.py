# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What keeps pose tokens small, and what makes them exchange information."""

from torch import Tensor
from torch.nn import functional

FREE = 1.0     # size of an entry that costs nothing; as in the authors' code


def token_penalty(tokens: Tensor) -> Tensor:
    """Return the mean square by which entries of tokens (...) exceed 1 (supplement, section C).

    Large ones overflow in half precision.
    """
    return ((tokens.abs() - FREE).clamp(min=0) ** 2).mean()


def dropped_tokens(tokens: Tensor, probability: float) -> Tensor:
    """Return tokens with entries set to 0 at random, the others rescaled (section 3.3).

    What is missing must then come from the other frames.
    """
    return functional.dropout(tokens, probability)
