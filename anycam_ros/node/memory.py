# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that stays flat however long the node runs."""

import ctypes
import gc
import sys

M_MMAP_THRESHOLD = -3           # of malloc.h
IMAGE_BYTES = 256 * 1024


def return_images_to_the_system() -> None:
    """Have glibc give a freed image back to the system at once; call it before the first one.

    Left to itself it learns to keep images in its heaps, which then fragment and grow.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, 'mallopt'):
        libc.mallopt(M_MMAP_THRESHOLD, IMAGE_BYTES)


def freeze_garbage_collector() -> None:
    """Exempt what is loaded for good from garbage collection."""
    gc.collect()
    gc.freeze()


def release_memory() -> None:
    """Undo freeze_garbage_collector, collect, and return the GPU memory of networks."""
    gc.unfreeze()
    gc.collect()
    torch = sys.modules.get('torch')
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
