# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network on its device: precision, memory layout, and what to do out of memory."""

import logging
from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.devices import half_on_cuda
from anycam_ros.errors import ConfigError
from anycam_ros.frontend.network.stream_window import StreamEstimate, StreamFrame, StreamWindow
from anycam_ros.networks.anycam.model import AnyCam

_log = logging.getLogger(__name__)


class WindowSize(NamedTuple):
    """Hold how much of the stream the network looks at."""

    frames: int
    both_directions: bool

    @property
    def smaller(self) -> 'WindowSize | None':
        """Return the next size to try; None where there is none."""
        if self.both_directions:       # the reversed pass is what costs memory
            return self._replace(both_directions=False)
        return self._replace(frames=self.frames // 2) if self.frames >= 4 else None


class NetworkRuntime:
    """Run a stream through the network on one device.

    Nothing is compiled or captured. On processors torch.compile takes minutes and gains nothing
    (ViT-S, 2 cores). On a GPU the encoder has constant shapes, so that CUDA graphs would save the
    time of launching its kernels; they have not been measured.
    """

    def __init__(self, network: AnyCam, device: torch.device, size: WindowSize) -> None:
        """Move the network to the device; half precision and channels last on CUDA."""
        self.device, self._network = device, network.to(device)
        if device.type == 'cuda':
            for weight in self._network.parameters():
                if weight.ndim == 4:
                    weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        self._size = size
        self._window = self._new_window()

    def clear(self) -> None:
        """Forget every frame."""
        self._window.clear()

    def push(self, frame: StreamFrame) -> StreamEstimate | None:
        """Take a frame into the window; None where the window restarts with it.

        Where the device's memory is too small the window shrinks, with a warning. Raises
        ConfigError where the smallest does not fit.
        """
        try:
            with half_on_cuda(self.device):
                return self._window.push(frame)
        except torch.cuda.OutOfMemoryError as error:
            self.shrink(error)
        return self.push(frame._replace(forward_flow=None, backward_flow=None))

    def shrink(self, error: Exception) -> None:
        """Restart with a smaller window, with a warning, after running out of memory.

        Raises ConfigError where there is no smaller one.
        """
        smaller = self._size.smaller
        if smaller is None:
            raise ConfigError(
                f'the memory of {self.device} is too small for a window of {self._size.frames} '
                f"frames: {error}. Set device to 'cpu', or free memory on the GPU.") from error
        _log.warning('%s is out of memory; the window shrinks from %d frames%s to %d%s',
                     self.device, self._size.frames, _passes(self._size), smaller.frames,
                     _passes(smaller))
        self._size = smaller
        self._window = self._new_window()
        torch.cuda.empty_cache()

    def take_back(self) -> None:
        """Forget the newest frame, as if it had never come."""
        self._window.take_back()

    def uncertainty(self, estimate: StreamEstimate, candidate: int) -> Tensor:
        """Return the Laplace scale (H, W) in the newest frame, on the device."""
        with half_on_cuda(self.device):
            return estimate.uncertainty(candidate)

    def _new_window(self) -> StreamWindow:
        return StreamWindow(self._network, self._size.frames,
                            both_directions=self._size.both_directions)


def _passes(size: WindowSize) -> str:
    return ', both directions' if size.both_directions else ', forward only'
