# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks run."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import ConfigError
from anycam_ros.optional_package import needed_for

if TYPE_CHECKING:
    import torch


def choose_device(name: str) -> 'torch.device':
    """Return the device for 'auto', 'cuda' or 'cpu'; auto takes CUDA where there is a GPU.

    Raises ConfigError for CUDA where there is none, and DependencyError without PyTorch.
    """
    with needed_for('a network', 'pip install torch', 'BSD-3-Clause'):
        import torch
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    if name == 'cuda' and not torch.cuda.is_available():
        build = 'is built without CUDA' if torch.version.cuda is None else 'finds no GPU'
        raise ConfigError(f"device is 'cuda', but PyTorch {torch.__version__} {build}. Set device "
                          "to 'auto' or 'cpu', or install PyTorch for your GPU (pytorch.org).")
    return torch.device(name)


def half_on_cuda(device: 'torch.device') -> AbstractContextManager[object]:
    """Return a context in which networks compute in half precision, on CUDA alone."""
    if device.type != 'cuda':
        return nullcontext()
    import torch
    return torch.autocast('cuda', torch.float16)


def upload(values: NDArray[Any], device: 'torch.device') -> 'torch.Tensor':
    """Return an array as a tensor of the same shape on the device.

    On the CPU it shares the array's memory where it can.
    """
    import torch
    tensor = torch.from_numpy(np.require(values, requirements=('C', 'W')))
    if device.type != 'cuda':
        return tensor
    # From pinned memory the copy runs beside the computation.
    return tensor.pin_memory().to(device, non_blocking=True)


def download(*tensors: 'torch.Tensor') -> list[NDArray[np.float32]]:
    """Return tensors as float32 arrays, by one copy: each waits for all that the device does."""
    import torch
    flat = torch.cat([tensor.float().flatten() for tensor in tensors]).cpu().numpy()
    ends = np.cumsum([tensor.numel() for tensor in tensors])[:-1]
    return [part.reshape(tensor.shape)
            for part, tensor in zip(np.split(flat, ends), tensors, strict=True)]
