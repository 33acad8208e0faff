# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of our weights has which name in the official checkpoint: a table, one to one."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from torch import Tensor

from anycam_ros.networks.anycam.config import LEVELS, NetworkConfig
from anycam_ros.weights.weights_file import WRAPPING

OFFICIAL_PREFIX = 'pose_predictor.'      # of the network among the whole model's weights

WEIGHT_AND_BIAS = ('.weight', '.bias')
WEIGHT = ('.weight',)
ITSELF = ('',)

Row = tuple[str, str, tuple[str, ...]]     # ours, official, what the two names are continued by

SINGLE: tuple[Row, ...] = (
    ('backbone.summary_token', 'backbone.embeddings.cls_token', ITSELF),
    ('backbone.position_table', 'backbone.embeddings.position_embeddings', ITSELF),
    ('backbone.patch_embedding', 'backbone.embeddings.patch_embeddings.projection',
     WEIGHT_AND_BIAS),
    ('backbone.norm', 'backbone.layernorm', WEIGHT_AND_BIAS),
    ('uncertainty_branch.head.narrow', 'head.conv1', WEIGHT_AND_BIAS),
    ('uncertainty_branch.head.smooth', 'head.conv2', WEIGHT_AND_BIAS),
    ('uncertainty_branch.head.output', 'head.conv3', WEIGHT_AND_BIAS),
    ('interframe.sequence_token', 'sequence_token', ITSELF),
    ('interframe.sequence_block.context_norm', 'sequence_token_attention.norm_context',
     WEIGHT_AND_BIAS),
    ('interframe.sequence_block.attention.query_key_value.weight',
     'sequence_token_attention.cross_attn.in_proj_weight', ITSELF),
    ('interframe.sequence_block.attention.query_key_value.bias',
     'sequence_token_attention.cross_attn.in_proj_bias', ITSELF),
    ('interframe.sequence_block.attention.output',
     'sequence_token_attention.cross_attn.out_proj', WEIGHT_AND_BIAS),
    ('interframe.sequence_block.mlp.expand', 'sequence_token_attention.mlp.fc1',
     WEIGHT_AND_BIAS),
    ('interframe.sequence_block.mlp.contract', 'sequence_token_attention.mlp.fc2',
     WEIGHT_AND_BIAS),
    ('heads.pose.hidden', 'pose_head.proj0', WEIGHT_AND_BIAS),
    ('heads.pose.output', 'pose_head.proj1', WEIGHT_AND_BIAS),
    ('heads.sequence.hidden', 'sequence_info_head.proj0', WEIGHT_AND_BIAS),
    ('heads.sequence.output', 'sequence_info_head.proj1', WEIGHT_AND_BIAS),
    ('unused.mask_token', 'backbone.embeddings.mask_token', ITSELF),
    ('unused.coarsest_image_unit.first',
     'neck.fusion_stage.layers.0.residual_layer1.convolution1', WEIGHT_AND_BIAS),
    ('unused.coarsest_image_unit.second',
     'neck.fusion_stage.layers.0.residual_layer1.convolution2', WEIGHT_AND_BIAS),
    ('unused.coarsest_token_unit.first',
     'pose_feature_fusion_stage.residual_blocks.0.0.convolution1', WEIGHT_AND_BIAS),
    ('unused.coarsest_token_unit.second',
     'pose_feature_fusion_stage.residual_blocks.0.0.convolution2', WEIGHT_AND_BIAS),
    ('unused.last_token_projection', 'pose_feature_fusion_stage.projections.3',
     WEIGHT_AND_BIAS),
)
PER_LAYER: tuple[Row, ...] = tuple(
    (f'backbone.layers.{{}}.{ours}', f'backbone.encoder.layer.{{}}.{official}', parts)
    for ours, official, parts in (
        ('attention_norm', 'norm1', WEIGHT_AND_BIAS),
        ('attention.query', 'attention.attention.query', WEIGHT_AND_BIAS),
        ('attention.key', 'attention.attention.key', WEIGHT_AND_BIAS),
        ('attention.value', 'attention.attention.value', WEIGHT_AND_BIAS),
        ('attention.output', 'attention.output.dense', WEIGHT_AND_BIAS),
        ('attention_scale', 'layer_scale1.lambda1', ITSELF),
        ('mlp_norm', 'norm2', WEIGHT_AND_BIAS),
        ('mlp.expand', 'mlp.fc1', WEIGHT_AND_BIAS),
        ('mlp.contract', 'mlp.fc2', WEIGHT_AND_BIAS),
        ('mlp_scale', 'layer_scale2.lambda1', ITSELF)))
PER_BLOCK: tuple[Row, ...] = tuple(
    (f'interframe.blocks.{{}}.{ours}', f'pose_interframe_attention.{{}}.{official}', parts)
    for ours, official, parts in (
        ('attention.query_key_value.weight', 'attn.in_proj_weight', ITSELF),
        ('attention.query_key_value.bias', 'attn.in_proj_bias', ITSELF),
        ('attention.output', 'attn.out_proj', WEIGHT_AND_BIAS),
        ('mlp.expand', 'mlp.fc1', WEIGHT_AND_BIAS),
        ('mlp.contract', 'mlp.fc2', WEIGHT_AND_BIAS)))
# Levels count from fine to coarse, fusion from coarse to fine.
PER_LEVEL: tuple[Row, ...] = (
    ('uncertainty_branch.pyramid.{}.project', 'neck.reassemble_stage.layers.{}.projection',
     WEIGHT_AND_BIAS),
    ('uncertainty_branch.pyramid.{}.widen', 'neck.convs.{}', WEIGHT),
    ('uncertainty_branch.fusion.{}.fused_unit.first',
     'neck.fusion_stage.layers.{}.residual_layer2.convolution1', WEIGHT_AND_BIAS),
    ('uncertainty_branch.fusion.{}.fused_unit.second',
     'neck.fusion_stage.layers.{}.residual_layer2.convolution2', WEIGHT_AND_BIAS),
    ('uncertainty_branch.fusion.{}.project', 'neck.fusion_stage.layers.{}.projection',
     WEIGHT_AND_BIAS),
    ('pose_token.reassemble.{}.0', 'pose_reassemble_stage.projections.{}.0', WEIGHT_AND_BIAS),
    ('pose_token.reassemble.{}.1', 'pose_reassemble_stage.projections.{}.1', WEIGHT_AND_BIAS),
    ('pose_token.fused_units.{}.first',
     'pose_feature_fusion_stage.residual_blocks.{}.1.convolution1', WEIGHT_AND_BIAS),
    ('pose_token.fused_units.{}.second',
     'pose_feature_fusion_stage.residual_blocks.{}.1.convolution2', WEIGHT_AND_BIAS),
)
# All levels but the third have another resolution than the patch grid.
PER_RESIZED_LEVEL: tuple[Row, ...] = (
    ('uncertainty_branch.pyramid.{}.resize', 'neck.reassemble_stage.layers.{}.resize',
     WEIGHT_AND_BIAS),
)
# All levels but the coarsest are added to a coarser one.
PER_ADDED_IMAGE: tuple[Row, ...] = (
    ('uncertainty_branch.fusion.{}.level_unit.first',
     'neck.fusion_stage.layers.{}.residual_layer1.convolution1', WEIGHT_AND_BIAS),
    ('uncertainty_branch.fusion.{}.level_unit.second',
     'neck.fusion_stage.layers.{}.residual_layer1.convolution2', WEIGHT_AND_BIAS),
)
PER_ADDED_TOKEN: tuple[Row, ...] = (
    ('pose_token.level_units.{}.first',
     'pose_feature_fusion_stage.residual_blocks.{}.0.convolution1', WEIGHT_AND_BIAS),
    ('pose_token.level_units.{}.second',
     'pose_feature_fusion_stage.residual_blocks.{}.0.convolution2', WEIGHT_AND_BIAS),
)
PER_TOKEN_PROJECTION: tuple[Row, ...] = (
    ('pose_token.project.{}', 'pose_feature_fusion_stage.projections.{}', WEIGHT_AND_BIAS),
)


class Repeated(NamedTuple):
    """Hold rows and the numbers that stand in their braces, ours and the official one."""

    rows: tuple[Row, ...]
    numbers: tuple[tuple[int, int], ...]


def official_names(config: NetworkConfig) -> dict[str, str]:
    """Return the official name of each of our weights."""
    repeated = (
        Repeated(SINGLE, ((0, 0),)),
        Repeated(PER_LAYER, _same(range(config.layers))),
        Repeated(PER_BLOCK, _same(range(config.interframe_layers))),
        Repeated(PER_LEVEL, _same(range(LEVELS))),
        Repeated(PER_RESIZED_LEVEL, _same((0, 1, 3))),
        Repeated(PER_ADDED_IMAGE, _same(range(1, LEVELS))),
        Repeated(PER_ADDED_TOKEN, tuple((number - 1, number) for number in range(1, LEVELS))),
        Repeated(PER_TOKEN_PROJECTION, _same(range(LEVELS - 1))),
    )
    return {ours.format(our_number) + part: official.format(official_number) + part
            for rows, numbers in repeated for our_number, official_number in numbers
            for ours, official, parts in rows for part in parts}


def with_our_names(state: Mapping[str, Tensor], config: NetworkConfig) -> dict[str, Tensor]:
    """Return official weights under our names; what is not official keeps its name."""
    ours = {official: our for our, official in official_names(config).items()}
    return {ours.get(name, name): value for name, value in of_the_network(state).items()}


def of_the_network(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the network's own weights, without what wrappers put before their names.

    The whole official model holds flow and depth networks, too.
    """
    bare = {name.removeprefix(WRAPPING): weight for name, weight in state.items()}
    own = {name.removeprefix(OFFICIAL_PREFIX).removeprefix(WRAPPING): weight
           for name, weight in bare.items() if name.startswith(OFFICIAL_PREFIX)}
    return own or bare


def with_official_names(state: Mapping[str, Tensor],
                        config: NetworkConfig) -> dict[str, Tensor]:
    """Return our weights under their official names."""
    names = official_names(config)
    return {names[name]: value for name, value in state.items()}


def _same(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    return tuple((number, number) for number in numbers)
