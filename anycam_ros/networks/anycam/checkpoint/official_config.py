# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the configuration beside an official checkpoint says about its network."""

from pathlib import Path
from typing import Any

import yaml

from anycam_ros.errors import ConfigError, WeightsError
from anycam_ros.networks.anycam.config import NetworkConfig

FILES = ('training_config.yaml', 'config.yaml')
# Official option -> our field. What the file leaves out is what the published weights have.
SIZES = {
    'focal_min': 'smallest_focal',
    'focal_max': 'largest_focal',
    'focal_num_candidates': 'candidates',
    'self_att_depth': 'interframe_layers',
    'pose_token_partial_dropout': 'token_dropout',
}
# Official options that lead to another network where they have another value.
FIXED: dict[str, object] = {
    'type': 'anycam',
    'backbone_type': 'dinov2',
    'focal_parameterization': 'linlog-candidates',
    'rotation_parameterization': 'axis-angle',
    'separate_pose_candidates': True,
    'separate_uncertainty_candidates': True,
    'separate_scaling_candidates': False,
    'two_tokens_per_pose': False,
    'scaling_feature_dim': 16,
    'out_uncertainty_dim': 2,
    'downsize_input': None,
    'use_flow_input': True,
    'use_depth_input': True,
    'pose_factor': 0.01,
    'pose_scaling_function': 'linear',
}


def config_beside(path: Path) -> NetworkConfig:
    """Return the sizes that the configuration in a checkpoint's folder states.

    Without one, those of the published weights. Raises WeightsError where it describes a network
    that this one is not.
    """
    for file in (path.parent / name for name in FILES):
        options = _options(file)
        if options is not None:
            return _config(file, options)
    return NetworkConfig()


def _options(file: Path) -> dict[str, Any] | None:
    """Return the options of the network; None where the file does not state any."""
    if not file.is_file():
        return None
    try:
        content = yaml.safe_load(file.read_text('utf-8'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WeightsError(f'{file}, beside the weights, cannot be read: {error}. Fetch it again, '
                           'or remove it if it does not belong to them.') from error
    for key in ('model', 'pose_predictor'):
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else None


def _config(file: Path, options: dict[str, Any]) -> NetworkConfig:
    other = [f'{name} is {options[name]!r}, not {value!r}' for name, value in FIXED.items()
             if name in options and options[name] != value]
    if other:
        raise WeightsError(f'{file} describes another network than the published one, which is '
                           f'the one supported: {"; ".join(other)}.')
    try:
        return NetworkConfig(**{field: options[name] for name, field in SIZES.items()
                                if name in options})
    except (ConfigError, TypeError) as error:
        raise WeightsError(f'{file} states impossible sizes: {error}') from error
