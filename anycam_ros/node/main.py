# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The executable: run the node until a signal ends it."""

import signal
from threading import Event
from typing import Any, TYPE_CHECKING

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions

from anycam_ros.errors import AnyCamError
from anycam_ros.node.anycam_node import AnyCamNode
from anycam_ros.node.memory import return_images_to_the_system
from anycam_ros.odometry import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SIGNAL_CHECK_S = 0.1
RCLError = rclpy_implementation.RCLError


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return the exit code."""
    return_images_to_the_system()
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        return _serve()
    except AnyCamError as error:
        get_logger('anycam').fatal(str(error))
        return 2
    finally:
        _on_stop_signals(signal.SIG_IGN)
        rclpy.try_shutdown()


def _serve() -> int:
    # A signal that comes while numba compiles must wait: numba swallows exceptions, and a process
    # that ends without closing its DDS participant stays in the graph of the others for a while.
    stop = Event()
    _on_stop_signals(lambda *_: stop.set())
    node = AnyCamNode()
    if not node.starts_by_itself:
        # A lifecycle manager would not wait for half a minute.
        node.get_logger().info('compiling, or loading what was compiled before ...')
        warm_up()
        node.get_logger().info('waiting to be configured')
    elif not node.start():
        node.destroy_node()
        return 2
    return _spin(node, stop)


def _spin(node: AnyCamNode, stop: Event) -> int:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not node.has_failed and not stop.is_set():
            _spin_once(executor, node)
    finally:
        _on_stop_signals(signal.SIG_IGN)
        node.stop()
        executor.shutdown()
        node.destroy_node()
    return 0 if stop.is_set() else 1


def _spin_once(executor: SingleThreadedExecutor, node: AnyCamNode) -> None:
    try:
        executor.spin_once(timeout_sec=SIGNAL_CHECK_S)
    except RCLError as error:
        # Humble and Jazzy raise it when asked for a transition that the state does not have.
        node.get_logger().error(str(error))


def _on_stop_signals(handler: 'Callable[[int, FrameType | None], Any] | signal.Handlers') -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
