# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The losses of the paper's section 3.3: pure functions of tensors, each with its equation.

Lengths are in the unit of the depth, flow and its scale in units in which the image spans
[-1, 1]. B clips of n frames, C focal length candidates.
"""
