# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the weights of networks come from, under which licence, and whether they are intact."""
