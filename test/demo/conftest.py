# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The modules of the demo stand in its folder, not in a package."""

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'demo'))
