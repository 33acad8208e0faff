# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Front ends by name.

A front end of this package is one folder and one row of BUILT_IN. Another package adds its own by
an entry point of the group 'anycam_ros.front_ends' that names a function like load_geometric;
node, command line and Python interface then know it.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import NamedTuple

from anycam_ros.depth.registry import NONE as NO_DEPTH
from anycam_ros.errors import ConfigError
from anycam_ros.frontend.front_end import FrontEndConfig, FrontEndFactory
from anycam_ros.networks.motion_weights.runtime import runtime_is_installed

ENTRY_POINTS = 'anycam_ros.front_ends'


LoadFrontEnd = Callable[[FrontEndConfig], FrontEndFactory]


class Row(NamedTuple):
    """Hold how a front end is loaded, and what it requires."""

    load: LoadFrontEnd
    needs_depth: bool = False
    needs_weights: bool = False


def _load_geometric(config: FrontEndConfig) -> FrontEndFactory:
    from anycam_ros.frontend.geometric.load import load_geometric
    return load_geometric(config)


def _load_network(config: FrontEndConfig) -> FrontEndFactory:
    from anycam_ros.frontend.network.load import load_network
    return load_network(config)


BUILT_IN: Mapping[str, Row] = {
    'geometric': Row(_load_geometric),
    'network': Row(_load_network, needs_depth=True, needs_weights=True),
}


def front_end_names() -> tuple[str, ...]:
    """Return the names of all front ends that are installed."""
    added = (point.name for point in entry_points(group=ENTRY_POINTS))
    return tuple(dict.fromkeys((*BUILT_IN, *added)))


def check_needs(config: FrontEndConfig) -> None:
    """Raise ConfigError where the front end lacks what it requires."""
    row = BUILT_IN.get(config.motion)
    if row is None:
        return
    if row.needs_depth and config.depth == NO_DEPTH:
        raise ConfigError(
            f'motion is {config.motion!r}, but depth is {config.depth!r}; the AnyCam network '
            "needs depth. Set depth to 'topic' (a depth camera), 'transformers:<model>' or "
            "'unidepth', or motion to 'geometric'.")
    if row.needs_weights and not config.weights:
        raise ConfigError(
            f'motion is {config.motion!r}, but weights is empty; name the file with the AnyCam '
            "weights (`anycam weights` tells where to get it), or set motion to 'geometric'.")


def told_by_geometry(config: FrontEndConfig) -> str:
    """Return why geometry tells what moves though a network could; empty where none could."""
    if config.motion != 'geometric' or config.uncertainty != 'auto' or runtime_is_installed():
        return ''
    return ('geometry tells what moves, since onnxruntime is not installed; with it a network '
            'does: pip install onnxruntime')


def load_front_end(config: FrontEndConfig) -> FrontEndFactory:
    """Load what the front end of the configuration shares among streams, such as weights.

    Raises DependencyError, WeightsError or ConfigError, each with the way out.
    """
    row = BUILT_IN.get(config.motion)
    if row is not None:
        return row.load(config)
    for point in entry_points(group=ENTRY_POINTS, name=config.motion):
        load: LoadFrontEnd = point.load()
        return load(config)
    raise ConfigError(f'motion is {config.motion!r}; allowed: one of '
                      f'{", ".join(map(repr, front_end_names()))}.')
