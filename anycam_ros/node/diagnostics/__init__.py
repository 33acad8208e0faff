# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Status messages, diagnostics, and why something does not arrive."""
