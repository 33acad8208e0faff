# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The commands behind the figures of README.md and docs/benchmarks.md."""
