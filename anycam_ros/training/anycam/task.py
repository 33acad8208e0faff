# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The task 'anycam': the paper's network learns motion, uncertainty and focal length."""

from collections import Counter
from collections.abc import Iterator, Mapping
import math
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn, Tensor
from torch.utils.data import default_collate

from anycam_ros.networks.anycam import AnyCam, load_checkpoint
from anycam_ros.training.anycam.data import make_clips
from anycam_ros.training.anycam.options import AnyCamOptions, read_anycam_options
from anycam_ros.training.anycam.predict import predict
from anycam_ros.training.anycam.windows import both_ways, in_pairs, observed_in, windows_of
from anycam_ros.training.losses.candidate_flow import candidate_flow
from anycam_ros.training.losses.flow import flow_error
from anycam_ros.training.losses.objective import AXES, objective, Observed, Predicted
from anycam_ros.training.sources.clips import Clips
from anycam_ros.training.task import Sample

MOST_VALIDATED, VALIDATED_AT_ONCE = 64, 4     # clips
FIRST_SCALE = 0.05     # of flow: about what is left unexplained before anything is learnt


def make_task(options: Mapping[str, object], device: torch.device) -> 'AnyCamTask':
    """Return the task, with its data cached; raises what AnyCamOptions and make_clips raise."""
    return AnyCamTask(read_anycam_options(options), device)


class AnyCamTask:
    """Train on clips of any recordings; flow and depth are all the supervision there is."""

    def __init__(self, options: AnyCamOptions, device: torch.device) -> None:
        """Make the network, and the cache where it is not full."""
        self._options, self._objective = options, options.objective_options
        self._device = device
        self.network: nn.Module = _make_network(options)
        self._clips, self._kept_back = make_clips(options, device)

    def samples(self) -> Clips:
        """Return the clips to train on."""
        return self._clips

    def loss(self, network: nn.Module, batch: Sample, step: int) -> dict[str, Tensor]:
        """Return the terms of the objective (equation 9), for pairs of frames at first."""
        windows = windows_of(batch)
        if step < self._options.pair_steps:
            windows = in_pairs(windows)
        windows = both_ways(windows)
        anycam = cast('AnyCam', network)
        return objective(predict(anycam, windows, self._options.token_dropout),
                         observed_in(windows), anycam.focal_candidates, self._objective)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Return the terms of the objective on clips that are kept back, and more.

        flow_error_px is how far the flow of the most likely candidate is off along one axis,
        for clips in time order.
        """
        anycam, sums, count = cast('AnyCam', network), Counter[str](), 0
        for batch in self._validation_batches():
            windows = both_ways(windows_of(batch))
            predicted, observed = predict(anycam, windows, 0.0), observed_in(windows)
            terms = objective(predicted, observed, anycam.focal_candidates, self._objective)
            terms['flow_error_px'] = _flow_error_px(predicted, observed, anycam.focal_candidates)
            size = len(windows.images)
            sums.update({name: size * float(term) for name, term in terms.items()})
            count += size
        return {name: value / count for name, value in sums.items()}

    def _validation_batches(self) -> Iterator[Sample]:
        last = len(self._kept_back) - 1
        chosen = np.unique(np.linspace(0, last, min(last + 1, MOST_VALIDATED)).round().astype(int))
        for first in range(0, len(chosen), VALIDATED_AT_ONCE):
            batch: Sample = default_collate([
                self._kept_back[int(index)] for index in chosen[first:first + VALIDATED_AT_ONCE]])
            yield {name: value.to(self._device) for name, value in batch.items()}


def _make_network(options: AnyCamOptions) -> AnyCam:
    if options.weights:
        network = load_checkpoint(Path(options.weights)).requires_grad_()
    else:
        network = AnyCam(options.network_config)
        bias = network.uncertainty_branch.head.output.bias
        assert bias is not None
        bias.data.fill_(math.log(math.expm1(FIRST_SCALE)))    # softplus turns it into the scale
    network.unused.requires_grad_(requires_grad=False)
    return network.train()


def _flow_error_px(predicted: Predicted, observed: Observed, focals: Tensor) -> Tensor:
    rows = len(predicted.poses) // 2
    best = predicted.focal_log_probs[:rows].argmax(dim=1)
    poses = predicted.poses[:rows][torch.arange(rows, device=best.device), :, best]
    induced = torch.cat([candidate_flow(depth[None], pose[None, :, None], focal[None])
                         for depth, pose, focal in zip(observed.depth[:rows], poses, focals[best],
                                                       strict=True)])
    error = flow_error(induced, observed.flow[:rows, :, None]) / AXES
    return (observed.visible[:rows, :, None] * error).mean() * (error.shape[-1] / 2)
