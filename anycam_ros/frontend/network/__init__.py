# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The front end that runs the AnyCam network over a stream."""
