# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node: images in; odometry, TF, intrinsics, masks and status out.

The executor thread only stores the newest image. The worker thread takes it from there, runs the
odometry (whose heavy parts hold no GIL) and publishes: nothing queues up behind a slow frame.
"""

import signal
import sys
from threading import Event, Thread
import traceback
from typing import Any, TYPE_CHECKING

from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, State, TransitionCallbackReturn
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions
from tf2_ros import Buffer

from anycam_ros.errors import AnyCamError
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.diagnostics import Diagnostics, Watched
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S
from anycam_ros.node.frame_processor import FrameProcessor
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.node.inputs.subscriptions import Subscriptions
from anycam_ros.node.memory import (
    release_memory,
    return_images_to_the_system,
    spare_the_collector,
)
from anycam_ros.node.parameters import (
    declare,
    read,
    refuse_or_replace,
    warn_of_unknown,
    withdraw_given,
)
from anycam_ros.node.services import Services
from anycam_ros.odometry import OdometryConfig, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from rclpy.parameter import Parameter

    from anycam_ros.node.inputs.depth_synchroniser import RgbdImage

SIGNAL_CHECK_S = 0.1
RCLError = rclpy_implementation.RCLError
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class AnyCamNode(LifecycleNode):
    """Estimate the motion of one uncalibrated camera.

    Configured, it has weights, outputs and services; active, it listens to the camera.
    """

    def __init__(self) -> None:
        """Declare the parameters; raises ConfigError for a value that is not allowed."""
        super().__init__('anycam', automatically_declare_parameters_from_overrides=True)
        given = withdraw_given(self)
        warn_of_unknown(self, given)
        declare(self, given)
        # For good: tf2_ros never takes back what a buffer registers with its node.
        self._transforms = Buffer(node=self)
        self._config: NodeConfig | None = None       # while it is configured
        self._processor: FrameProcessor | None = None
        self._requests: Services | None = None
        self._inputs: Subscriptions | None = None     # while it is active
        self._thread: Thread | None = None
        self._is_paused = False
        self._image_queue: LatestOnlyQueue[RgbdImage] = LatestOnlyQueue()
        self._diagnostics = Diagnostics(self)
        self.add_on_set_parameters_callback(self._on_parameters)

    @property
    def starts_by_itself(self) -> bool:
        """Return whether no lifecycle manager is waited for."""
        return bool(self.get_parameter('autostart').value)

    @property
    def has_failed(self) -> bool:
        """Return whether the odometry has stopped by itself, which only an error does."""
        return self._thread is not None and not self._thread.is_alive()

    def start(self) -> bool:
        """Configure and activate; return whether both succeeded."""
        return self.trigger_configure() == SUCCESS and self.trigger_activate() == SUCCESS

    def stop(self) -> None:
        """Finish the frame at hand and listen no more; harmless when repeated."""
        self._diagnostics.watch(None)
        self._image_queue.close()
        if self._thread is not None:
            self._thread.join()
        if self._inputs is not None:        # the thread asks it why no image comes
            self._inputs.close()
        self._inputs = self._thread = None

    def destroy_node(self) -> None:
        """Take the node out of the graph."""
        super().destroy_node()
        # It holds the node, and with it all of DDS, for as long as it lives itself.
        self._state_machine.destroy_when_not_in_use()

    # Transitions; rclpy swallows what they raise ----------------------------------------------

    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Load and compile what the parameters ask for, and offer outputs and services."""
        self._image_queue = LatestOnlyQueue()       # which counts anew
        try:
            config, odometry_config = read(self, NodeConfig), read(self, OdometryConfig)
            self.get_logger().info('compiling, or loading what was compiled before ...')
            self._processor = FrameProcessor(self, config, odometry_config, self._image_queue,
                                             self._transforms)
            self._processor.warm_up()
        except AnyCamError as error:
            self.get_logger().fatal(str(error))
            self._release()
            return FAILURE
        except Exception:
            self.get_logger().fatal(traceback.format_exc())
            raise
        self._config = config
        self._requests = Services(self, self._processor, self._pause)
        spare_the_collector()
        return super().on_configure(state)

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Listen to the camera."""
        assert self._config is not None
        assert self._processor is not None
        self._image_queue.open()
        self._inputs = Subscriptions(
            self, self._config, read(self, OdometryConfig), self._image_queue, self._processor)
        self._inputs.pause(paused=self._is_paused)
        self._thread = Thread(target=self._work, args=(self._processor, self._inputs),
                              name='odometry')
        self._thread.start()
        self._diagnostics.watch(Watched(self._image_queue, self._processor.outputs,
                                        self._inputs.why_silent))
        # The launch file waits for this line.
        self.get_logger().info(f'listening to {self._inputs.image_topic}')
        return super().on_activate(state)

    def on_deactivate(self, state: State) -> TransitionCallbackReturn:
        """Fall silent; the pose stays for the next time."""
        self.stop()
        if self._processor is not None:
            self._processor.request_restart()
        return super().on_deactivate(state)

    def on_cleanup(self, state: State) -> TransitionCallbackReturn:
        """Give everything back."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: State) -> TransitionCallbackReturn:
        """Give everything back for good."""
        self._release()
        return super().on_shutdown(state)

    def on_error(self, state: State) -> TransitionCallbackReturn:
        """Give everything back after a transition that went wrong, to be configured again."""
        self._release()
        return super().on_error(state)

    def _release(self) -> None:
        self.stop()
        if self._requests is not None:
            self._requests.close()
        if self._processor is not None:
            self._processor.close()
        self._processor = self._requests = self._config = None
        self._is_paused = False
        release_memory()

    # While it is active ------------------------------------------------------------------------

    def _work(self, processor: FrameProcessor, subscriptions: Subscriptions) -> None:
        """Serve the mailbox until it is closed."""
        while not self._image_queue.closed:
            rgbd = self._image_queue.take(timeout_s=SILENCE_S)
            if rgbd is not None:
                processor.handle(rgbd)
            elif not self._image_queue.closed:
                processor.handle_silence(subscriptions.why_silent)

    def _pause(self, paused: bool) -> None:
        self._is_paused = paused
        if self._processor is not None:
            self._processor.pause(paused=paused)
        if self._inputs is not None:
            self._inputs.pause(paused=paused)

    def _on_parameters(self, parameters: 'Sequence[Parameter[Any]]') -> SetParametersResult:
        self._config, result = refuse_or_replace(self._config, parameters)
        if self._processor is not None and self._config is not None:
            self._processor.configure(self._config)
        return result


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
    # A signal amid compiling waits: numba swallows exceptions, and what dies without a goodbye to
    # DDS is taken for alive by others.
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
    return _run(node, stop)


def _run(node: AnyCamNode, stop: Event) -> int:
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


if __name__ == '__main__':
    sys.exit(main())
