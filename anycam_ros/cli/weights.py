# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam weights`: list weights with source and licence, fetch them, check a file."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from anycam_ros.cli.arguments import Commands, print_lines
from anycam_ros.errors import ConfigError, WeightsError
from anycam_ros.weights.catalogue import CATALOGUE, ELSEWHERE
from anycam_ros.weights.fetch import cached, fetch, sha256_of


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        'weights', help='where to get the weights of networks, and under which licence',
        description='List the weights that the odometry can use, with source and licence; fetch '
                    'one of them, or check a file. What was fetched once is used without network.')
    parser.set_defaults(run=_run)
    action = parser.add_mutually_exclusive_group()
    action.add_argument('name', nargs='?', metavar='NAME',
                        help='fetch these weights; needs huggingface_hub')
    action.add_argument('--check', type=Path, metavar='FILE',
                        help='check that a file holds the weights of AnyCam; needs torch')


def _run(options: argparse.Namespace) -> int:
    if options.check is not None:
        return print_lines(check_file(options.check))
    return print_lines(fetch_weights(options.name) if options.name else list_weights())


def list_weights() -> Iterator[str]:
    """Return what there is, where it comes from and whether it is here, line by line."""
    for weights in CATALOGUE.values():
        path = cached(weights)
        yield weights.name
        yield f'  what      {weights.purpose}'
        yield f'  licence   {weights.licence}'
        yield f'  from      {weights.url(weights.files[0])}'
        yield f'  use       {weights.option.format(path=path or "FILE")}'
        yield f'  here      {path}' if path else f'  fetch     anycam weights {weights.name}'
        yield ''
    yield ELSEWHERE.rstrip()


def fetch_weights(name: str) -> Iterator[str]:
    """Fetch weights by their name, and return what became of it.

    Raises ConfigError for a name that does not exist, and what fetch() raises.
    """
    weights = CATALOGUE.get(name)
    if weights is None:
        raise ConfigError(f'there are no weights {name!r}; allowed: {", ".join(CATALOGUE)}.')
    yield f'licence   {weights.licence}'
    fetched = fetch(weights)
    yield f'file      {fetched.path}'
    yield f'SHA-256   {fetched.sha256}'
    if fetched.warning:
        yield f'warning   {fetched.warning}'
    yield f'use       {weights.option.format(path=fetched.path)}'


def check_file(path: Path) -> Iterator[str]:
    """Check that a file holds the weights of AnyCam, and return what is known about it.

    Raises WeightsError where it does not.
    """
    if not path.is_file():
        raise WeightsError(f'{path} is no file.')
    digest = sha256_of(path)
    yield f'SHA-256   {digest}'
    yield f'known as  {_known_as(digest) or "nothing: its origin is not confirmed"}'
    from anycam_ros.networks.anycam import load_checkpoint
    parameters = sum(value.numel() for value in load_checkpoint(path).parameters())
    yield f'holds     the AnyCam network, complete ({parameters / 1e6:.1f} million parameters)'
    yield f'use       motion: network, weights: {path.resolve()}'


def _known_as(digest: str) -> str:
    return next((f'{weights.name}, as a third party reported it'
                 for weights in CATALOGUE.values() if weights.reported_sha256 == digest), '')
