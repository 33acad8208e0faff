# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The terms of the cost, each with its Jacobian."""
