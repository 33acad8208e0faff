# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refinement of a whole recording once all of it has been seen."""
