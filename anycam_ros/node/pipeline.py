# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everything between subscriptions and publishers, and the thread that it runs on.

    Subscriptions -> ObservationCollector -> LatestOnlyQueue -.   executor thread
    Services, parameters, lifecycle -> CommandQueue ----------|------------------
                             FrameProcessor -> Outputs <------'   processing thread

The executor thread only keeps the newest image and what belongs to it. The processing thread
takes it from there, runs the odometry (whose heavy parts hold no GIL) and publishes. Only the two
queues and the TF buffer lead from one thread to the other, and nothing waits behind a slow frame.
"""

from threading import Thread

from rclpy.node import Node
from tf2_ros import Buffer

from anycam_ros.node.commands import CommandQueue
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.clock_watch import ClockWatch
from anycam_ros.node.diagnostics.status_report import StatusReport
from anycam_ros.node.diagnostics.throttled_log import ThrottledLog
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S, TopicWatch
from anycam_ros.node.frame_processor import FrameProcessor
from anycam_ros.node.inputs.depth_input import DepthInput
from anycam_ros.node.inputs.frame_adapter import FrameAdapter
from anycam_ros.node.inputs.input_topics import input_topics
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.node.inputs.observation import keep_speeds, Observation, ObservationCollector
from anycam_ros.node.inputs.speed_input import SpeedInput
from anycam_ros.node.outputs.outputs import Outputs
from anycam_ros.node.outputs.tf_frames import TfFrames
from anycam_ros.odometry import OdometryConfig, VisualOdometry, warm_up
from anycam_ros.threads import limit_threads


class Pipeline:
    """Hold the parts of a configured node; while it runs, process what arrives."""

    def __init__(self, node: Node, config: NodeConfig, odometry_config: OdometryConfig,
                 transforms: Buffer) -> None:
        """Create odometry and outputs. Raises AnyCamError for networks that cannot be had."""
        self._odometry = VisualOdometry(odometry_config)
        limit_threads(odometry_config.threads)
        self.topics = input_topics(config, odometry_config)
        self.image_watch = TopicWatch(node, self.topics.image)
        self.commands = CommandQueue()
        self.observations: LatestOnlyQueue[Observation] = LatestOnlyQueue(keep_speeds)
        self.observations.close()       # until it runs
        self.collector = ObservationCollector(self.observations, self.commands)
        self._frames = TfFrames(node, config, transforms)
        self.outputs = Outputs(node, config, self._frames)
        self._clock = node.get_clock()
        self.processor = self._make_processor(node, config)
        self._thread: Thread | None = None

    def _make_processor(self, node: Node, config: NodeConfig) -> FrameProcessor:
        log = ThrottledLog(node.get_logger())
        depth, speed = self.topics.depth, self.topics.speed
        adapter = FrameAdapter(
            odom_frame=config.odom_frame,
            depth=None if depth is None else DepthInput(TopicWatch(node, depth), log),
            needs_camera_info=self.topics.camera_info is not None)
        return FrameProcessor(
            odometry=self._odometry, adapter=adapter,
            speeds=None if speed is None else SpeedInput(TopicWatch(node, speed), log),
            frames=self._frames, outputs=self.outputs,
            report=StatusReport(self.observations, adapter, self._clock),
            logger=node.get_logger(), log=log)

    def warm_up(self) -> None:
        """Let the odometry compile what it needs."""
        warm_up(self._odometry)

    @property
    def has_failed(self) -> bool:
        """Return whether the processing thread has ended by itself, which only an error does."""
        return self._thread is not None and not self._thread.is_alive()

    def start(self) -> None:
        """Process what arrives from now on."""
        self.observations.open()
        self._thread = Thread(target=self._run, name='processing')
        self._thread.start()

    def stop(self) -> None:
        """Finish the current frame and process no other; harmless when repeated."""
        self.observations.close()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def close(self) -> None:
        """Stop, and publish nothing more."""
        self.stop()
        self.outputs.close()
        self._frames.close()

    def _run(self) -> None:
        clock_watch = ClockWatch(self._clock)
        while not self.observations.closed:
            observation = self.observations.take(timeout_s=SILENCE_S)
            for command in self.commands.take_all():
                self.processor.execute(command)
            if observation is not None:
                self.processor.process(observation)
            elif not self.observations.closed:
                self._report_no_image(clock_watch)

    def _report_no_image(self, clock_watch: ClockWatch) -> None:
        if self.commands.is_paused:
            self.processor.report_pause()
        else:
            self.processor.report_silence(
                f'{self.image_watch.why_silent()} {clock_watch.check()}'.strip())
