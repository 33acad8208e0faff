# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training the paper's network, of any size, on flow and depth alone (section 3.3)."""
