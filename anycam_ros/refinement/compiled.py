# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compilation of the numeric kernels: once per machine, outside of the interpreter's lock."""

from collections.abc import Callable
from typing import Any, cast, TypeVar

from numba import njit

Function = TypeVar('Function', bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return the function compiled at its first call.

    Sums may be reordered and products fused; nothing is assumed about NaN or infinity.
    """
    wrapper = njit(cache=True, nogil=True, fastmath={'reassoc', 'contract'})
    return cast('Function', wrapper(function))
