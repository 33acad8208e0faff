# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the command line: python -m anycam_ros.cli."""

import sys

from anycam_ros.cli.command_line import main

sys.exit(main())
