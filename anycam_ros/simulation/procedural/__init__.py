# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random scenes in which things move, with truth: for training and for tests of it."""

from anycam_ros.simulation.procedural.clip import ProceduralClip, ProceduralFrame

__all__ = ['ProceduralClip', 'ProceduralFrame']
