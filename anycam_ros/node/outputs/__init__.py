# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The outputs of the node: topics, and transforms for TF."""
