# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compilation of the numeric kernels: once per machine, outside of the interpreter's lock."""

from collections.abc import Callable
from functools import lru_cache
import hashlib
from pathlib import Path
from typing import Any, cast, TypeVar

from numba import njit
from numba.extending import register_jitable

Function = TypeVar('Function', bound=Callable[..., Any])

PACKAGE = Path(__file__).resolve().parents[1]
REORDERED = frozenset({'reassoc', 'contract'})    # nothing is assumed about NaN or infinity


def compiled(function: Function) -> Function:
    """Return the function compiled at its first call, or loaded from the cache.

    Sums are computed in the order in which they are written.
    """
    return _compiled(function, fastmath=False)


def compiled_reordered(function: Function) -> Function:
    """Return the function compiled as `compiled` does, with freedom in the order of sums.

    Sums may be reordered and products fused, which makes long loops faster.
    """
    return _compiled(function, fastmath=set(REORDERED))


def inlined(function: Function) -> Function:
    """Return the function as it is; compiled code that calls it contains its text.

    So the caller's rules for sums hold in it, and Python may call it with whole arrays.
    """
    made: Function = register_jitable(inline='always')(function)
    return made


def _compiled(function: Function, *, fastmath: set[str] | bool) -> Function:
    dispatcher = njit(cache=True, nogil=True, fastmath=fastmath)(function)
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
    """Return a digest of every file of the package that kernels are made of."""
    texts = (file.read_bytes() for file in sorted(PACKAGE.rglob('*.py')))
    kernels = b''.join(
        text for text in texts if b'\n@compiled' in text or b'\n@inlined' in text)
    return hashlib.sha256(kernels).hexdigest()[:12]
