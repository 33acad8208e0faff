# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much memory the node takes."""

import os
from pathlib import Path
import sys

STATM = Path('/proc/self/statm')


def resident_bytes() -> int:
    """Return the memory that the process occupies; 0 where Linux does not tell."""
    if not STATM.exists():
        return 0
    return int(STATM.read_text('ascii').split()[1]) * os.sysconf('SC_PAGESIZE')


def cuda_bytes() -> dict[str, int]:
    """Return the GPU memory of PyTorch, and what is free; empty where it uses no GPU."""
    torch = sys.modules.get('torch')     # nobody who needs no network loads it
    if torch is None or not torch.cuda.is_initialized():
        return {}
    free, total = torch.cuda.mem_get_info()
    return {'CUDA in use': torch.cuda.memory_allocated(),
            'CUDA reserved': torch.cuda.memory_reserved(), 'CUDA free': free, 'CUDA total': total}
