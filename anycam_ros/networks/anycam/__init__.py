# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The AnyCam network: motion, focal length and uncertainty from images, flow and depth."""

from anycam_ros.errors import DependencyError

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise DependencyError(
        'the AnyCam network needs PyTorch 2.1 or newer: pip install torch') from error

from anycam_ros.networks.anycam.both_directions import average_directions, chain
from anycam_ros.networks.anycam.checkpoint.checkpoint import load_checkpoint, save_checkpoint
from anycam_ros.networks.anycam.clip import Clip, clip_uncertainty, ClipPrediction, predict_clip
from anycam_ros.networks.anycam.config import NetworkConfig
from anycam_ros.networks.anycam.model import AnyCam, AnyCamOutput

__all__ = ['AnyCam', 'AnyCamOutput', 'Clip', 'ClipPrediction', 'NetworkConfig',
           'average_directions', 'chain', 'clip_uncertainty', 'load_checkpoint', 'predict_clip',
           'save_checkpoint']
