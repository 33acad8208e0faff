# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration of the odometry: field name = ROS parameter = command line option."""

from dataclasses import dataclass

from anycam_ros.odometry.options import option, validate


@dataclass(frozen=True)
class OdometryConfig:
    """Configure VisualOdometry; the defaults need no weights and no GPU."""

    intrinsics: str = option(
        'estimate', 'Focal length: estimated, or taken from the frames (camera_info).',
        choices=('estimate', 'given'))
    refine: str = option(
        'window', 'Refinement: sliding-window bundle adjustment, or none.',
        choices=('window', 'none'))

    def __post_init__(self) -> None:
        """Raise ConfigError for a value outside of its range."""
        validate(self)
