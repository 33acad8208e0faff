# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Packages that only some options need: imported where they are used."""

from collections.abc import Iterator
from contextlib import contextmanager

from anycam_ros.errors import DependencyError


@contextmanager
def needed_for(option: str, install: str, licence: str) -> Iterator[None]:
    """Turn a failed import into a DependencyError with the option, the command and the licence.

    RuntimeError is how a package says that it was compiled for another PyTorch.
    """
    try:
        yield
    except DependencyError:
        raise
    except ImportError as error:
        raise DependencyError(f'{option} needs a package that is missing ({error}). Run: '
                              f'{install} (licence: {licence})') from error
    except RuntimeError as error:
        raise DependencyError(
            f'{option} needs packages that fit each other ({error}). torch and torchvision of the '
            'same index do: pip install torch torchvision --index-url '
            'https://download.pytorch.org/whl/cpu (or cu126 ...)') from error
