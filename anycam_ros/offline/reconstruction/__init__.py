# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scene and the cameras of a recording, as other programs read them."""
