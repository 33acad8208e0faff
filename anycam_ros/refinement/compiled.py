# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compilation of the numeric kernels: once per machine, outside of the interpreter's lock."""

from collections.abc import Callable
from functools import lru_cache
import hashlib
from pathlib import Path
from typing import Any, cast, TypeVar

from numba import njit

Function = TypeVar('Function', bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return the function compiled at its first call, or loaded from the cache.

    Sums may be reordered and products fused; nothing is assumed about NaN or infinity.
    """
    dispatcher = njit(cache=True, nogil=True, fastmath={'reassoc', 'contract'})(function)
    # Compiled code contains the functions that it calls, yet the cache is checked against the
    # function's own file only: after an edit elsewhere it would be stale, or fail to load.
    cache: Any = getattr(dispatcher, '_cache', None)
    file = getattr(cache, '_cache_file', None)
    if file is not None:
        name = f'{cache._impl.filename_base}-{_kernel_sources()}'
        cache._cache_file = type(file)(file._cache_path, name, file._source_stamp)
    return cast('Function', dispatcher)


@lru_cache(maxsize=1)
def _kernel_sources() -> str:
    """Return a digest of every file that kernels are made of."""
    here = Path(__file__).parent
    files = sorted([*here.glob('*.py'), here.parent / 'geometry' / 'se3.py'])
    texts = (file.read_bytes() for file in files)
    kernels = (text for text in texts if b'@compiled' in text or b'@njit' in text)
    return hashlib.sha256(b''.join(kernels)).hexdigest()[:12]
