# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks run."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

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
