# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models from Hugging Face, or from its cache where they are there."""

from collections.abc import Callable
from typing import TypeVar

Model = TypeVar('Model')


def cached_or_fetched(load: Callable[[bool], Model]) -> Model:
    """Return load(True), from the cache alone, and where that fails load(False).

    Asking the network first would keep a robot that has none waiting at each start.
    """
    try:
        return load(True)
    except OSError:
        return load(False)
