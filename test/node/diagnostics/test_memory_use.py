# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory as the node reports it."""

import psutil
import pytest
import torch

from anycam_ros.node.diagnostics.memory_use import cuda_bytes, resident_bytes


def test_resident_memory_is_that_of_the_process() -> None:
    assert resident_bytes() == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_without_a_gpu_there_is_nothing_to_tell() -> None:
    assert cuda_bytes() == {}


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_memory_of_networks_is_that_of_the_gpu() -> None:
    values = torch.zeros(2**22, device='cuda')      # 16 MiB
    told = cuda_bytes()
    assert told['CUDA in use'] >= values.nbytes
    assert told['CUDA reserved'] >= told['CUDA in use']
    assert 0 < told['CUDA free'] < told['CUDA total']
