# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sizes of the AnyCam network."""

from dataclasses import dataclass

from anycam_ros.errors import ConfigError
from anycam_ros.geometry.focal_candidates import CANDIDATES, LARGEST, SMALLEST

CONFIG_KEY = 'anycam_ros.network_config'     # in the metadata of our own files
LEVELS = 4       # of the feature pyramid; the network's wiring depends on it


@dataclass(frozen=True)
class NetworkConfig:
    """Configure the AnyCam network; the defaults are those of the published weights."""

    patch_size: int = 14                     # px
    position_grid: int = 37                  # the position table has that many rows and columns
    channels: int = 384                      # of a token in the backbone
    layers: int = 12
    heads: int = 6
    feature_layers: tuple[int, ...] = (3, 6, 9, 12)    # whose outputs are used, from 1
    neck_channels: tuple[int, ...] = (48, 96, 192, 384)
    fusion_channels: int = 128               # of a pose token, too
    head_channels: int = 32
    interframe_layers: int = 8
    interframe_heads: int = 4
    candidates: int = CANDIDATES             # focal lengths
    smallest_focal: float = 2 * SMALLEST     # 2 fx / width
    largest_focal: float = 2 * LARGEST
    token_dropout: float = 0.0               # in training; it weakens tokens at inference, too

    def __post_init__(self) -> None:
        """Raise ConfigError for sizes that do not fit together."""
        allowed = {
            'feature_layers': (
                len(self.feature_layers) == LEVELS
                and list(self.feature_layers) == sorted(set(self.feature_layers))
                and self.feature_layers[0] >= 1 and self.feature_layers[-1] == self.layers,
                f'{LEVELS} ascending layers, the last one {self.layers}'),
            'neck_channels': (len(self.neck_channels) == LEVELS and min(self.neck_channels) > 0,
                              f'{LEVELS} numbers above 0'),
            'channels': (self.channels > 0 and self.channels % self.heads == 0,
                         f'a multiple of heads ({self.heads})'),
            'fusion_channels': (
                self.fusion_channels >= 8 and self.fusion_channels % 2 == 0
                and self.fusion_channels % self.interframe_heads == 0,
                f'even, at least 8, a multiple of interframe_heads ({self.interframe_heads})'),
            'candidates': (self.candidates >= 2, 'at least 2'),
            'smallest_focal': (0.0 < self.smallest_focal < self.largest_focal,
                               f'above 0 and below largest_focal ({self.largest_focal})'),
            'token_dropout': (0.0 <= self.token_dropout < 1.0, '0 to below 1'),
        }
        for name, (fits, what) in allowed.items():
            if not fits:
                raise ConfigError(f'{name} is {getattr(self, name)!r}; allowed: {what}.')
