# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the node: python -m anycam_ros.node."""

import sys

from anycam_ros.node.main import main

sys.exit(main())
