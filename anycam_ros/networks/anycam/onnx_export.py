# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network as ONNX, in three parts, for runtimes such as TensorRT."""

from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple
import warnings

import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.errors import ConfigError
from anycam_ros.networks.anycam.config import LEVELS
from anycam_ros.networks.anycam.model import AnyCam
from anycam_ros.networks.anycam.uncertainty_branch import FLOW_KIND, KINDS
from anycam_ros.optional_package import needed_for

OPSET = 17          # the first with LayerNormalization; TensorRT 8.6 and onnxruntime 1.13 know it


class EncoderPart(nn.Module):
    """Turn frames into tokens, and into what their uncertainty is computed from."""

    def __init__(self, network: AnyCam) -> None:
        """Take the network."""
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, flow: Tensor, depth: Tensor) -> tuple[Tensor, ...]:
        """Return tokens (n, C) and patch features (n, channels, h, w) per level."""
        code = self.network.encode(images, flow, depth)
        return code.token, *code.patches


class WindowPart(nn.Module):
    """Turn the tokens of windows into motion."""

    def __init__(self, network: AnyCam) -> None:
        """Take the network."""
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor) -> tuple[Tensor, ...]:
        """Return poses (B, n - 1, candidates, 4, 4) and log-probabilities (B, candidates)."""
        return tuple(self.network.predict(tokens))


class UncertaintyPart(nn.Module):
    """Turn patch features into the uncertainty of a candidate that is not known beforehand."""

    def __init__(self, network: AnyCam) -> None:
        """Take the network."""
        super().__init__()
        self.branch = network.uncertainty_branch

    def forward(self, *values: Tensor) -> Tensor:
        """Return the Laplace scale (n, H, W) of the features and the candidate (1,) int64."""
        *patches, candidate = values
        row = KINDS * candidate + FLOW_KIND
        weight, bias = (part.index_select(0, row) for part in self.branch.head.output.parameters())
        # A convolution whose weights are input is what many runtimes lack.
        shared = self.branch(tuple(patches))
        return functional.softplus((shared * weight).sum(dim=1) + bias)


class Part(NamedTuple):
    """Hold a part with the names of its inputs and outputs, and inputs to try it with."""

    module: nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]


def export_onnx(network: AnyCam, folder: Path, height: int, width: int,
                window: int) -> dict[Path, float]:
    """Write encoder.onnx, window.onnx and uncertainty.onnx for pictures and windows of a size.

    Returns the largest difference between each file, run by onnxruntime on the CPU, and torch.
    Raises ConfigError for sides that are no multiples of the patch size.
    """
    patch = network.config.patch_size
    if height % patch or width % patch or min(height, width, window - 1) < 1:
        raise ConfigError(f'height is {height} and width {width}; both must be multiples of '
                          f'{patch}. The window is {window} frames; it must be at least 2.')
    folder.mkdir(parents=True, exist_ok=True)
    network = network.cpu().eval()
    differences = {}
    for name, part in _parts(network, height, width, window).items():
        path = folder / f'{name}.onnx'
        _write(part, path)
        differences[path] = _difference(part, path)
    return differences


def _parts(network: AnyCam, height: int, width: int, window: int) -> dict[str, Part]:
    patch, random = network.config.patch_size, torch.Generator().manual_seed(0)
    grid = height // patch, width // patch
    levels = tuple(f'level{level}' for level in range(LEVELS))

    def noise(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random)
    return {
        'encoder': Part(EncoderPart(network), {
            'images': noise(3, 3, height, width), 'flow': noise(3, 2, height, width) - 0.5,
            'depth': noise(3, 1, height, width)}, ('token', *levels)),
        'window': Part(WindowPart(network), {
            'tokens': noise(2, window, network.config.fusion_channels)},
                       ('poses', 'focal_log_probs')),
        'uncertainty': Part(UncertaintyPart(network), {
            **{level: noise(2, network.config.channels, *grid) for level in levels},
            'candidate': torch.tensor([network.config.candidates - 2])}, ('uncertainty',)),
    }


def _write(part: Part, path: Path) -> None:
    with needed_for('anycam export', 'pip install onnx onnxruntime', 'Apache-2.0, MIT'):
        import onnx  # noqa: F401
    batched = {name: {0: 'batch'} for name in (*part.inputs, *part.outputs)
               if name != 'candidate'}
    # The tracing exporter is the one that every supported torch has.
    known = signature(torch.onnx.export).parameters
    tracing: dict[str, Any] = {'dynamo': False} if 'dynamo' in known else {}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')      # about sizes, which are meant to be fixed
        torch.onnx.export(part.module, tuple(part.inputs.values()), str(path),
                          opset_version=OPSET, input_names=list(part.inputs),
                          output_names=list(part.outputs), dynamic_axes=batched, **tracing)


def _difference(part: Part, path: Path) -> float:
    with torch.no_grad():
        expected = part.module(*part.inputs.values())
    tensors = expected if isinstance(expected, tuple) else (expected,)
    found = run_onnx(path, {name: value.numpy() for name, value in part.inputs.items()})
    return max(float(np.abs(array - tensor.numpy()).max())
               for array, tensor in zip(found, tensors, strict=True))


def run_onnx(path: Path, inputs: dict[str, NDArray[np.generic]]) -> list[NDArray[np.float32]]:
    """Return the outputs of a file, run by onnxruntime on the CPU."""
    with needed_for('anycam export', 'pip install onnx onnxruntime', 'Apache-2.0, MIT'):
        import onnxruntime
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    return [np.asarray(output, np.float32) for output in session.run(None, inputs)]
