# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node: its parameters and its life cycle. What it does with images is in Pipeline."""

import traceback
from typing import Any, TYPE_CHECKING

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, State, TransitionCallbackReturn
from tf2_ros import Buffer

from anycam_ros.errors import AnyCamError
from anycam_ros.frontend.registry import told_by_geometry
from anycam_ros.node.commands import Reconfigure, Restart
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.diagnostics import Diagnostics
from anycam_ros.node.inputs.subscriptions import Subscriptions
from anycam_ros.node.memory import freeze_garbage_collector, release_memory
from anycam_ros.node.parameters import (
    declare,
    read,
    refuse_or_replace,
    warn_of_unknown,
    withdraw_given,
)
from anycam_ros.node.pipeline import Pipeline
from anycam_ros.node.services import Services
from anycam_ros.odometry import OdometryConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rclpy.parameter import Parameter

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class AnyCamNode(LifecycleNode):
    """Estimate the motion of one uncalibrated camera.

    Configured, it has weights, outputs and services; active, it subscribes to the camera.
    """

    def __init__(self) -> None:
        """Declare the parameters; raises ConfigError for a value that is not allowed."""
        super().__init__('anycam', automatically_declare_parameters_from_overrides=True)
        given = withdraw_given(self)
        warn_of_unknown(self, given)
        declare(self, given)
        # One for good: tf2_ros never takes back what a buffer registers with its node.
        self._transforms = Buffer(node=self)
        self._config: NodeConfig | None = None       # these three while it is configured
        self._pipeline: Pipeline | None = None
        self._offered: Services | None = None
        self._inputs: Subscriptions | None = None    # while it is active
        self._diagnostics = Diagnostics(self)
        self.add_on_set_parameters_callback(self._on_parameters)

    @property
    def starts_by_itself(self) -> bool:
        """Return whether no lifecycle manager is waited for."""
        return bool(self.get_parameter('autostart').value)

    @property
    def has_failed(self) -> bool:
        """Return whether the odometry has stopped by itself, which only an error does."""
        return self._pipeline is not None and self._pipeline.has_failed

    def start(self) -> bool:
        """Configure and activate; return whether both succeeded."""
        return self.trigger_configure() == SUCCESS and self.trigger_activate() == SUCCESS

    def stop(self) -> None:
        """Finish the current frame and process no other; harmless when repeated."""
        self._diagnostics.watch(None)
        if self._inputs is not None:
            self._inputs.close()
        self._inputs = None
        if self._pipeline is not None:
            self._pipeline.stop()

    def destroy_node(self) -> None:
        """Take the node out of the graph."""
        super().destroy_node()
        # It holds the node, and with it all of DDS, for as long as it lives itself.
        self._state_machine.destroy_when_not_in_use()

    # Transitions; rclpy swallows what they raise ----------------------------------------------

    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Load and compile what the parameters ask for, and offer outputs and services."""
        try:
            config, odometry_config = read(self, NodeConfig), read(self, OdometryConfig)
            self.get_logger().info('compiling, or loading what was compiled before ...')
            self._pipeline = Pipeline(self, config, odometry_config, self._transforms)
            self._pipeline.warm_up()
            note = told_by_geometry(odometry_config)
            if note:
                self.get_logger().info(note)
        except AnyCamError as error:
            self.get_logger().fatal(str(error))
            self._release()
            return FAILURE
        except Exception:
            self.get_logger().fatal(traceback.format_exc())
            raise
        self._config = config
        self._offered = Services(self, self._pipeline.commands, config.odom_frame)
        freeze_garbage_collector()
        return super().on_configure(state)

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Subscribe to the camera and process its images."""
        assert self._pipeline is not None
        self._pipeline.start()
        self._inputs = Subscriptions(self, self._pipeline.topics, self._pipeline.collector)
        self._diagnostics.watch(self._pipeline)
        # The launch file waits for this line.
        self.get_logger().info(f'listening to {self._pipeline.image_watch.topic_name}')
        return super().on_activate(state)

    def on_deactivate(self, state: State) -> TransitionCallbackReturn:
        """Publish nothing; the pose stays for the next time."""
        self.stop()
        if self._pipeline is not None:
            self._pipeline.commands.put(Restart('the node was inactive'))
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
        """Give everything back after a transition that failed, so that it can be configured."""
        self._release()
        return super().on_error(state)

    def _release(self) -> None:
        self.stop()
        if self._offered is not None:
            self._offered.close()
        if self._pipeline is not None:
            self._pipeline.close()
        self._pipeline = self._offered = self._config = None
        release_memory()

    def _on_parameters(self, parameters: 'Sequence[Parameter[Any]]') -> SetParametersResult:
        self._config, result = refuse_or_replace(self._config, parameters)
        if self._pipeline is not None and self._config is not None and result.successful:
            self._pipeline.commands.put(Reconfigure(self._config))
        return result
