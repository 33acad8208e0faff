# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of weights, read without running anything that stands in them."""

from collections.abc import Mapping
from pathlib import Path
import pickle
from typing import Any, NamedTuple
import zipfile

import torch
from torch import Tensor

from anycam_ros.errors import WeightsError
from anycam_ros.optional_package import needed_for

WRAPPING = 'module.'                     # of a model trained on several GPUs
WHERE_FROM = '`anycam weights` tells where to get the AnyCam weights.'
# What is often saved in place of the file, by its first bytes.
MISTAKEN: dict[bytes, str] = {
    b'<': 'a web page: the download was answered by a page instead of the file',
    b'version https://git-lfs': 'a Git LFS pointer: the file itself was not fetched; run '
                                '`git lfs pull`',
    b'\x1f\x8b': 'a compressed archive: unpack it and name the .pt file in it',
    b'\x80': 'a bare pickle, which could run code when it is read',
}


class WeightsFile(NamedTuple):
    """Hold named weights, and what the file says about them."""

    weights: dict[str, Tensor]
    metadata: dict[str, str]


def read_weights(path: Path) -> WeightsFile:
    """Return the weights in a PyTorch file (.pt, .bin) or a safetensors file.

    Raises WeightsError where it holds anything but tensors, numbers and text, and where it is
    damaged or something else altogether.
    """
    if not path.is_file():
        raise WeightsError(f'{path} is no file; it must be one with weights. {WHERE_FROM}')
    if zipfile.is_zipfile(path):
        return WeightsFile(_named_tensors(path, _read_pytorch(path)), {})
    with path.open('rb') as file:
        start = file.read(64)
    if start[8:9] == b'{':
        return _read_safetensors(path)
    for mark, meaning in MISTAKEN.items():
        if start.lstrip().startswith(mark):
            raise WeightsError(f'{path} is {meaning}. {WHERE_FROM}')
    raise WeightsError(
        f'{path} ({path.stat().st_size} bytes) is neither a PyTorch file nor safetensors; it may '
        f'be cut off: compare its size with that of the source, and fetch it again. {WHERE_FROM}')


def embedded_weights(path: str | Path, prefix: str) -> dict[str, Tensor]:
    """Return the weights whose names start with a prefix, without it.

    The official checkpoint holds the flow network as 'image_processor.unimatch.' and the depth
    network as 'depth_predictor.'; other files hold neither. Raises WeightsError as read_weights.
    """
    return {name.removeprefix(prefix): value
            for name, value in read_weights(Path(path)).weights.items()
            if name.startswith(prefix)}


def _read_pytorch(path: Path) -> Any:  # noqa: ANN401
    try:
        return torch.load(str(path), map_location='cpu', weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        reason = ' '.join(str(error).split('\n')[:2])[:300]
        raise WeightsError(
            f'{path} holds more than tensors, numbers and text, which could run code when it is '
            f'read, and is refused. If you trust its source, load it with PyTorch and save '
            f"{{'model': checkpoint['model']}} alone. ({reason})") from error
    except (RuntimeError, ValueError, KeyError, EOFError, OSError) as error:
        raise WeightsError(f'{path} is damaged, or no file of PyTorch: {error}. Fetch it again. '
                           f'{WHERE_FROM}') from error


def _read_safetensors(path: Path) -> WeightsFile:
    with needed_for('a .safetensors file', 'pip install safetensors', 'Apache-2.0'):
        from safetensors import safe_open, SafetensorError
    try:
        with safe_open(path, 'pt') as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return WeightsFile(weights, file.metadata() or {})
    except SafetensorError as error:
        raise WeightsError(f'{path} is damaged, or no safetensors file: {error}. Fetch it again.'
                           ) from error


def _named_tensors(path: Path, content: object) -> dict[str, Tensor]:
    """Return the state dict in what a PyTorch file holds, without the names of wrappers."""
    if isinstance(content, Mapping) and isinstance(content.get('model'), Mapping):
        content = content['model']
    if not isinstance(content, Mapping) or not content or not all(
            isinstance(name, str) and isinstance(value, Tensor)
            for name, value in content.items()):
        holds = type(content).__name__
        if isinstance(content, Mapping):
            holds = f'keys {", ".join(map(str, list(content)[:10]))}'
        raise WeightsError(
            f"{path} holds no state dict ({holds}); it must be one, or have one as 'model'. "
            f'{WHERE_FROM}')
    return {name.removeprefix(WRAPPING): value for name, value in content.items()}
