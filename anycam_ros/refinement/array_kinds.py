# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arrays and tensors: the kernels work on arrays, the caller gets back what he gave.

A window is some hundred kilobytes, so a tensor is copied from its device and back.
"""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.tracks import Values

Result = TypeVar('Result')


def is_tensor(values: Values) -> bool:
    """Return whether values are a torch tensor, without importing torch."""
    return hasattr(values, 'detach')


def as_array(values: Values) -> Array:
    """Return values as a float64 array; a tensor is copied from its device."""
    if is_tensor(values):
        values = values.detach().cpu().numpy()
    return np.asarray(values, np.float64)


def like(example: Values, result: Result) -> Result:
    """Return a dataclass with its arrays as tensors on the example's device, if it is one."""
    if not is_tensor(example):
        return result
    import torch

    def converted(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, np.ndarray):
            dtype = example.dtype if value.dtype == np.float64 else None
            return torch.as_tensor(value, dtype=dtype, device=example.device)
        return like(example, value) if is_dataclass(value) else value

    changes: dict[str, Any] = {
        field.name: converted(getattr(result, field.name))
        for field in fields(result)}    # type: ignore[arg-type]
    return replace(result, **changes)    # type: ignore[type-var]
