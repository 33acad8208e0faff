# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth by name: a new model is one file beside this one, and one line here.

Networks, and the packages that they come from, are imported only where one is chosen.
"""

from typing import TYPE_CHECKING

from anycam_ros.devices import choose_device

if TYPE_CHECKING:
    from anycam_ros.depth.depth_model import DepthModel

NONE, TOPIC = 'none', 'topic'
"""No depth, and depth that is measured and comes with the images: neither needs a model."""
CHOICES = (NONE, TOPIC, 'transformers:<model>', 'unidepth')
PREFIX = 'depth_predictor.model.'
"""Of the depth network's weights in the official AnyCam file."""


def make_depth_model(name: str, device: str, weights: str = '') -> 'DepthModel | None':
    """Return the depth model of a name; None where depth is measured, or where there is none.

    device is 'auto', 'cuda' or 'cpu'; weights names the file with the AnyCam weights, if any.
    Raises DependencyError or WeightsError, each with the way out, where it cannot be had.
    """
    if name in (NONE, TOPIC):
        return None
    kind, _, model = name.partition(':')
    chosen = choose_device(device)
    if kind == 'transformers':
        from anycam_ros.depth.transformers_model import transformers_depth
        return transformers_depth(model, chosen)
    from anycam_ros.depth.unidepth_model import unidepth_depth
    if not weights:
        return unidepth_depth(chosen)
    from anycam_ros.weights.weights_file import embedded_weights
    return unidepth_depth(chosen, embedded_weights(weights, PREFIX) or None)
