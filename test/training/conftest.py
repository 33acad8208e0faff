# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the training share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope='module')
def one_thread() -> Iterator[None]:
    """Compute in one thread: networks this small only wait for a second one."""
    torch = pytest.importorskip('torch', reason='PyTorch is not installed')
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
