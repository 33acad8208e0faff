# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A configuration outside of its range is refused; every field describes itself."""

from dataclasses import dataclass, fields
import math

import pytest

from anycam_ros.errors import ConfigError
from anycam_ros.odometry import OdometryConfig
from anycam_ros.odometry.options import describe, option, validate


@dataclass(frozen=True)
class Sample:
    """Hold one field of every kind that a configuration may have."""

    rate: float = option(30.0, 'Frames per second.', minimum=1.0, maximum=240.0, unit='Hz')
    queue: int = option(2, 'Frames that wait.', minimum=1)
    frame: str = option('odom', 'Name of the frame.')

    def __post_init__(self) -> None:
        validate(self)


@pytest.mark.parametrize(('change', 'message'), [
    ({'intrinsics': 'guess'}, "intrinsics is 'guess'; allowed: .*'estimate', 'given'"),
    ({'intrinsics': None}, 'intrinsics is None; allowed: str'),
    ({'refine': 'global'}, "refine is 'global'; allowed: .*'window', 'none'"),
    ({'motion': 'imu'}, "motion is 'imu'; allowed: .*'geometric', 'network'"),
    ({'flow': 'ptlflow'}, "flow is 'ptlflow'; allowed: .*'dis', 'raft', 'ptlflow:<model>'"),
    ({'flow': 'ptlflow:'}, "flow is 'ptlflow:'; allowed: .*'ptlflow:<model>'"),
    ({'depth': 'transformers:'}, "depth is 'transformers:'; allowed: .*'transformers:<model>'"),
    ({'depth': 'lidar'}, "allowed: .*'none', 'topic', 'transformers:<model>', 'unidepth'"),
    ({'device': 'tpu'}, "device is 'tpu'; allowed: .*'auto', 'cuda', 'cpu'"),
    ({'motion': 'network', 'weights': 'anycam.bin'},
     "network needs depth.*'topic'.*'transformers:<model>'.*'unidepth'"),
    ({'motion': 'network', 'depth': 'topic'}, 'weights is empty; .*anycam weights'),
    ({'scale_source': 'imu'}, "allowed: .*'none', 'depth', 'topic', 'camera_height'"),
    ({'scale_source': 'depth'}, "depth is 'none'. Set depth to 'topic'"),
    ({'scale_source': 'topic', 'depth': 'topic'}, "two scales .*depth to 'none'"),
    ({'scale_source': 'camera_height', 'camera_height_m': 1.0, 'depth': 'unidepth'},
     "depth is 'unidepth', .*two scales"),
    ({'scale_source': 'camera_height'}, r'camera_height_m is 0; it must be 0\.05 to 10 m'),
    ({'scale_source': 'camera_height', 'camera_height_m': 11.0}, '0 to 10 m'),
    ({'camera_height_m': 1.0}, "scale_source is 'none', which makes no use of it")])
def test_odometry_config_refuses(change: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        OdometryConfig(**change)


def test_models_are_named_behind_their_library() -> None:
    config = OdometryConfig(flow='ptlflow:neuflow2', depth='transformers:someone/depth-small')
    assert (config.flow, config.depth) == ('ptlflow:neuflow2', 'transformers:someone/depth-small')


@pytest.mark.parametrize(('change', 'message'), [
    ({'rate': 0.5}, r'rate is 0\.5; allowed: float, 1 to 240 Hz\. Frames per second'),
    ({'rate': 241}, 'rate is 241; allowed: float, 1 to 240 Hz'),
    ({'rate': math.nan}, 'rate is nan'),
    ({'rate': True}, 'rate is True'),
    ({'queue': 0}, 'queue is 0; allowed: int, at least 1'),
    ({'queue': 1.5}, r'queue is 1\.5; allowed: int'),
    ({'frame': 3}, 'frame is 3; allowed: str')])
def test_out_of_range_is_refused_with_value_range_and_meaning(change: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Sample(**change)


def test_edges_of_the_range_are_allowed_and_whole_numbers_pass_as_float() -> None:
    assert Sample(rate=1).rate == 1
    assert Sample(rate=240.0).rate == 240


def test_every_field_says_what_it_means() -> None:
    for field in fields(OdometryConfig):
        assert describe(field).description.endswith('.')
        assert describe(field).allowed
