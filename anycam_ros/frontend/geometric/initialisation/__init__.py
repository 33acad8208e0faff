# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Until there is a map: rotation alone, then the first views with parallax."""
