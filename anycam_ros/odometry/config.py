# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration of the odometry: field name = ROS parameter = command line option."""

from dataclasses import dataclass

from anycam_ros.depth.registry import CHOICES as DEPTH_CHOICES
from anycam_ros.errors import ConfigError
from anycam_ros.flow.registry import CHOICES as FLOW_CHOICES
from anycam_ros.frontend.registry import check_needs, front_end_names
from anycam_ros.odometry.options import option, validate

LOWEST_CAMERA_M = 0.05


@dataclass(frozen=True)
class OdometryConfig:
    """Configure VisualOdometry; the defaults need no weights and no GPU."""

    motion: str = option(
        'geometric', 'How the motion is found: by geometry, which needs no weights, or by the '
        'AnyCam network, which needs weights and depth.',
        choices=front_end_names())
    weights: str = option(
        '', 'File with the AnyCam weights; `anycam weights` tells where to get it.')
    network_window: int = option(
        8, 'Frames that the network looks at together; it was trained with 8.', minimum=2,
        maximum=100, unit='frames')
    network_both_directions: bool = option(
        True, 'Also run the network back in time and average, as the paper does; off saves a '
        'third of its time.')
    network_reference_flow: bool = option(
        False, 'Scale flow for the network as the published code does, which forgets that it '
        'resized the image; for comparisons with that code.')
    flow: str = option(
        'dis', 'Dense optical flow: OpenCV (dis), torchvision (raft) or a model of ptlflow, such '
        'as ptlflow:unimatch_sc2_ref6.',
        choices=FLOW_CHOICES)
    depth: str = option(
        'none', 'Depth of the image, which makes lengths metric: recorded or received with it '
        '(topic), or from a model, such as '
        'transformers:depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf.',
        choices=DEPTH_CHOICES)
    scale_source: str = option(
        'none', 'What makes lengths metric besides depth: the speed on a topic of '
        'nav_msgs/Odometry such as wheel odometry (topic), or the height of the camera over the '
        'ground that it moves along (camera_height). depth: nothing besides, but insist on '
        'depth. none: metres where depth gives them, an arbitrary unit otherwise.',
        choices=('none', 'depth', 'topic', 'camera_height'))
    camera_height_m: float = option(
        0.0, 'For scale_source: camera_height: height of the camera over the ground, at least '
        '0.05; 0: not known.', minimum=0.0, maximum=10.0, unit='m')
    device: str = option(
        'auto', 'Where networks run; auto takes CUDA where there is a GPU.',
        choices=('auto', 'cuda', 'cpu'))
    intrinsics: str = option(
        'estimate', 'Focal length: estimated, or taken from the frames (camera_info).',
        choices=('estimate', 'given'))
    refine: str = option(
        'window', 'Refinement: sliding-window bundle adjustment, or none.',
        choices=('window', 'none'))

    uncertainty: str = option(
        'auto', 'For motion: geometric: what tells what moves. network: the motion weights that '
        'come with the package, or in a graph of your own (network:<file.onnx>), which need '
        'onnxruntime; epipolar: geometry alone. auto takes the network where onnxruntime is '
        'installed.',
        choices=('auto', 'epipolar', 'network', 'network:<file>'))
    quality: str = option(
        'balanced', 'For motion: geometric: how much time a frame may take. fast looks at a '
        'smaller image, accurate at finer flow; docs/performance.md has figures of each.',
        choices=('fast', 'balanced', 'accurate'))
    threads: int = option(
        0, 'Cores that OpenCV and PyTorch may use at once in this process; 0: all but one, and '
        'all where there are only one or two.', minimum=0, maximum=1024, unit='threads')

    def __post_init__(self) -> None:
        """Raise ConfigError for a value out of range, and for values that do not go together."""
        validate(self)
        check_needs(self)
        self._check_scale()

    def _check_scale(self) -> None:
        source, height_m = self.scale_source, self.camera_height_m
        if source == 'depth' and self.depth == 'none':
            raise ConfigError(
                "scale_source is 'depth', but depth is 'none'. Set depth to 'topic' (a depth "
                "camera), 'transformers:<model>' or 'unidepth', or scale_source to another one.")
        if source in ('topic', 'camera_height') and self.depth != 'none':
            raise ConfigError(
                f'scale_source is {source!r}, but depth is {self.depth!r}, which makes the map '
                "metric by itself: two scales would contradict each other. Set depth to 'none', "
                "or scale_source to 'depth'.")
        if source == 'camera_height' and height_m < LOWEST_CAMERA_M:
            raise ConfigError(
                f"scale_source is 'camera_height', but camera_height_m is {height_m:g}; it must "
                f'be {LOWEST_CAMERA_M:g} to 10 m. Measure from the ground to the lens.')
        if source != 'camera_height' and height_m:
            raise ConfigError(
                f'camera_height_m is {height_m:g}, but scale_source is {source!r}, which makes '
                "no use of it. Set scale_source to 'camera_height', or leave it out.")
