# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much memory was in use at most."""

from pathlib import Path

import torch

MB = 2 ** 20


def peak_memory_mb(device: torch.device) -> float:
    """Return the largest memory so far: of the GPU, or of this process (Linux)."""
    if device.type == 'cuda':
        return torch.cuda.max_memory_allocated(device) / MB
    lines = Path('/proc/self/status').read_text('utf-8').splitlines()
    peak = next(line for line in lines if line.startswith('VmHWM'))
    return float(peak.split()[1]) * 1024 / MB
