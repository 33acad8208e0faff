# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights from Hugging Face into its cache, and whether they arrived intact."""

from collections.abc import Callable
import hashlib
from pathlib import Path
import re
from typing import NamedTuple

from anycam_ros.errors import WeightsError
from anycam_ros.optional_package import needed_for
from anycam_ros.weights.catalogue import Weights

INSTALL = 'pip install huggingface_hub'
CHUNK_BYTES = 1 << 20
SHA256 = re.compile('[0-9a-f]{64}')


class Fetched(NamedTuple):
    """Hold where weights are, their checksum, and what is worth a warning about it."""

    path: Path
    sha256: str
    warning: str


def cached(weights: Weights) -> Path | None:
    """Return where the weights are in the cache; None where they are not, or no cache is."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    found = try_to_load_from_cache(weights.repository, weights.files[0])
    return Path(found) if isinstance(found, str) else None


def fetch(weights: Weights) -> Fetched:
    """Return the weights, from the cache or, where they are not there, from the network.

    Raises DependencyError without huggingface_hub, and WeightsError where they are not to be had
    or damaged; both say how to do it by hand.
    """
    with needed_for('fetching weights', f'{INSTALL}, or download {_urls(weights)}', 'Apache-2.0'):
        from huggingface_hub import hf_hub_download
    try:
        paths = [_downloaded(hf_hub_download, weights.repository, file) for file in weights.files]
    except (OSError, ValueError) as error:   # of the network, and the library's own kinds
        reason = str(error).strip().partition('\n')[0]
        raise WeightsError(
            f'{weights.name} cannot be fetched: {reason} Run `hf download {weights.repository}` '
            'on a machine with network and copy its ~/.cache/huggingface/hub, or download '
            f'{_urls(weights)}.') from error
    return verify(weights, Path(paths[0]))


def verify(weights: Weights, path: Path) -> Fetched:
    """Return the checksum of a file in the cache, which has the name that its source gave it.

    Raises WeightsError where name and content differ. The checksum that a third party reported
    is only worth a warning: the authors may have replaced the file.
    """
    digest = sha256_of(path)
    blob = path.resolve()
    if SHA256.fullmatch(blob.name) and blob.name != digest:
        raise WeightsError(f'{path} is damaged: its SHA-256 is {digest}, its source said '
                           f'{blob.name}. Delete {blob} and fetch it again.')
    reported = weights.reported_sha256
    if reported in ('', digest):
        return Fetched(path, digest, '')
    return Fetched(path, digest, f'its SHA-256 is not the one that was reported ({reported}); '
                                 'the authors may have replaced the file')


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _downloaded(download: Callable[..., str], repository: str, file: str) -> str:
    """Ask the network only for what is not cached: a robot may have none."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return download(repository, file, local_files_only=True)
    except LocalEntryNotFoundError:
        return download(repository, file)


def _urls(weights: Weights) -> str:
    return ' and '.join(weights.url(file) for file in weights.files)
