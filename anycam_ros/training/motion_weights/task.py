# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The task motion_weights: supervised by the truth of procedural clips."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
import os
from pathlib import Path

import torch
from torch import nn, Tensor
from torch.utils.data import DataLoader, Dataset

from anycam_ros.errors import ConfigError
from anycam_ros.geometry.focal_candidates import focal_candidates
from anycam_ros.networks.motion_weights.channels import INPUTS
from anycam_ros.networks.motion_weights.model import MotionWeights, MotionWeightsConfig, Output
from anycam_ros.training.motion_weights.losses import (
    focal_loss,
    mask_loss,
    overlap_loss,
    scale_loss,
)
from anycam_ros.training.motion_weights.recurrence import run_over_frames
from anycam_ros.training.motion_weights.segment_cache import make_segments
from anycam_ros.training.motion_weights.segment_dataset import SegmentDataset

FIRST_VALIDATION_SEED = 1_000_000
# Of the segments, in which a group of inputs is left out: what one place looks like says little
# of another, and no measure shall be trusted alone.
LEFT_OUT = {('grey',): 0.5, ('homography_x', 'homography_y'): 0.1, ('across', 'along'): 0.05,
            ('running_score', 'running_trust', 'vote'): 0.1, ('ray_x', 'ray_y'): 0.2,
            ('appearance', 'appearance_trust'): 0.1}
MIRRORED = ('flow_x', 'homography_x', 'ray_x')     # change their sign in a mirror
KNOWN = INPUTS.index('known')


@dataclass(frozen=True)
class MotionWeightsOptions:
    """Choose how much is rendered, and where it is kept."""

    cache: str = 'procedural'       # folder of the clips as the odometry saw them
    clips: int = 1000
    validation_clips: int = 40
    overlap_share: float = 0.5      # of each loss beside that of the mask
    scale_share: float = 0.1
    focal_share: float = 0.05

    @classmethod
    def of(cls, options: Mapping[str, object]) -> 'MotionWeightsOptions':
        """Return the options; raises ConfigError for unknown ones and for wrong types."""
        known = {each.name: type(each.default) for each in fields(cls)}
        for name, value in options.items():
            kind = known.get(name)
            if kind is None:
                raise ConfigError(f'options has {name!r}; allowed: {", ".join(known)}.')
            if not isinstance(value, int | float if kind is float else kind) or (
                    isinstance(value, int | float) and value < 0):
                raise ConfigError(f'options.{name} is {value!r}; allowed: a {kind.__name__} that '
                                  'is not below 0.')
        return cls(**options)    # type: ignore[arg-type]


class MotionWeightsTask:
    """Learn what moves from what the odometry saw of procedural clips."""

    def __init__(self, options: MotionWeightsOptions, device: torch.device) -> None:
        """Take what make_task() was given."""
        self._options, self._device = options, device
        # Channels last are a fifth faster on a CPU.
        self.network: nn.Module = MotionWeights(MotionWeightsConfig()).to(
            memory_format=torch.channels_last)    # type: ignore[call-overload]

    def samples(self) -> Dataset[dict[str, Tensor]]:
        """Return the segments; those that are not on disk are made first."""
        return self._segments('train', range(self._options.clips))

    def loss(self, network: nn.Module, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return the losses of a batch; half is mirrored, and some inputs are left out."""
        del step
        batch = mirrored(batch, torch.rand(len(batch['focal']), device=self._device) < 0.5)
        batch = {**batch, 'inputs': batch['inputs'] * _kept(len(batch['focal']), self._device)}
        said = _run(network, batch)
        weight = batch['weight']
        known = (batch['inputs'][:, :, KNOWN] > 0.5).float()
        terms = {'mask': mask_loss(said.moving_logit, batch['moving'], weight),
                 'overlap': overlap_loss(said.moving_logit, batch['moving'], weight),
                 'scale': scale_loss(said.log_scale, batch['error'], known),
                 'focal': focal_loss(said.focal_log_likelihood, batch['focal'])}
        options = self._options
        terms['total'] = terms['mask'] + options.overlap_share * terms['overlap'] \
            + options.scale_share * terms['scale'] + options.focal_share * terms['focal']
        return terms

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Return overlap, share of false alarms in still scenes, and error of the focal length."""
        shared = union = false = still = 0.0
        focal_errors: list[Tensor] = []
        for batch in self._validation():
            said = _run(network, batch)
            weight = batch['weight'] > 0.5
            found, true = (said.moving_logit[:, -1] > 0) & weight[:, -1], \
                (batch['moving'][:, -1] > 0.5) & weight[:, -1]
            shared += float((found & true).sum())
            union += float((found | true).sum())
            is_still = ~(batch['moving'] > 0).flatten(1).any(dim=1)
            false += float(found[is_still].sum())
            still += float(weight[is_still, -1].sum())
            candidates = torch.as_tensor(focal_candidates(), device=self._device).log()
            best = candidates[said.focal_log_likelihood[:, -1].argmax(dim=1)]
            focal_errors.append((best - batch['focal'].log()).abs())
        return {'iou': shared / max(union, 1.0), 'false_share': false / max(still, 1.0),
                'focal_error': float(torch.cat(focal_errors).median())}

    def _validation(self) -> Iterator[dict[str, Tensor]]:
        seeds = range(FIRST_VALIDATION_SEED,
                      FIRST_VALIDATION_SEED + self._options.validation_clips)
        dataset = self._segments('validation', seeds)
        for batch in DataLoader(dataset, batch_size=8):
            yield {name: value.to(self._device) for name, value in batch.items()}

    def _segments(self, name: str, seeds: range) -> SegmentDataset:
        return SegmentDataset(make_segments(Path(self._options.cache) / name, seeds,
                                            os.cpu_count() or 1))


def make_task(options: Mapping[str, object], device: torch.device) -> MotionWeightsTask:
    """Return the task; raises ConfigError for options that do not exist."""
    return MotionWeightsTask(MotionWeightsOptions.of(options), device)


def mirrored(batch: dict[str, Tensor], chosen: Tensor) -> dict[str, Tensor]:
    """Return a batch of which the chosen segments (B,) are seen in a mirror."""
    sign = torch.tensor([-1.0 if name in MIRRORED else 1.0 for name in INPUTS],
                        device=chosen.device)
    across = torch.tensor([-1.0, 1.0], device=chosen.device)
    turned = {
        **{name: batch[name].flip(-1) for name in ('error', 'moving', 'weight')},
        'inputs': batch['inputs'].flip(-1) * sign[:, None, None],
        'came_by': batch['came_by'].flip(-1) * across[:, None, None]}
    return {name: torch.where(chosen.view(-1, *[1] * (value.dim() - 1)), turned[name], value)
            if name in turned else value for name, value in batch.items()}


def _kept(segments: int, device: torch.device) -> Tensor:
    """Return (B, 1, C, 1, 1), 0 where an input is left out."""
    kept = torch.ones(segments, len(INPUTS), device=device)
    for group, share in LEFT_OUT.items():
        is_out = torch.rand(segments, device=device) < share
        for name in group:
            kept[:, INPUTS.index(name)] = (~is_out).float()
    return kept[:, None, :, None, None]


def _run(network: nn.Module, batch: dict[str, Tensor]) -> Output:
    return run_over_frames(network, batch['inputs'], batch['came_by'], batch['has_past'])
