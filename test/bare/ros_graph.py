# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes that are spun together."""

from collections.abc import Callable
import time

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


class RosGraph:
    """Hold nodes of one context and the executor that serves them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._executor = SingleThreadedExecutor(context=context)

    def node(self, name: str) -> Node:
        """Add a node."""
        node = Node(name, context=self._context)
        self._executor.add_node(node)
        return node

    def spin_until(self, condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Spin until the condition holds; fail when it does not."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, 'it has not come to pass'
            self._executor.spin_once(timeout_sec=0.05)
