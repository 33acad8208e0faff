# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Check what a machine without ROS gets: the stand-ins of bare/python, and the set-up."""

from collections.abc import Iterator
from pathlib import Path
import sys

import pytest

ROOT = Path(__file__).resolve().parents[2]

# With the real packages installed there is nothing to check.
collect_ignore_glob = [] if str(ROOT / 'bare' / 'python') in sys.path else ['test_*.py']
if not collect_ignore_glob:
    import rclpy
    from rclpy.context import Context
    from ros_graph import RosGraph

DOMAIN_ID = 98


@pytest.fixture
def graph() -> Iterator['RosGraph']:
    """Return a graph of nodes in a domain of their own."""
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN_ID)
    yield RosGraph(context)
    rclpy.shutdown(context=context)
