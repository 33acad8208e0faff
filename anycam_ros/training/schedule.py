# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The learning rate over the steps of a training."""

import math

from anycam_ros.training.config import TrainingConfig


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Return the rate of a step, counted from 0: a line up, then a cosine down to 0."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    share = (step - config.warmup_steps) / (config.steps - config.warmup_steps)
    return config.learning_rate * (1 + math.cos(math.pi * share)) / 2
