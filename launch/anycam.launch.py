# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the odometry of one camera, live or from a recording.

On a live camera, and on a recording while looking at it:

    ros2 launch anycam_ros anycam.launch.py image:=/camera/image_raw
    ros2 launch anycam_ros anycam.launch.py image:=/camera/image_raw bag:=drive.mcap rviz:=true
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.conditions import IfCondition
from launch.substitutions import (
    EnvironmentVariable,
    LaunchConfiguration,
    PathJoinSubstitution,
    PythonExpression,
)
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare('anycam_ros'), 'config'])
BAG = LaunchConfiguration('bag')
IMAGE = LaunchConfiguration('image')
# bool(), since conditions and parameters take only True and False.
BAG_IS_GIVEN = PythonExpression(['bool(r"""', BAG, '""")'])
# A bag player begins before its subscribers are found: it would play its first seconds to nobody.
DISCOVERY_S = '3'

ARGUMENTS = (
    DeclareLaunchArgument(
        'namespace', default_value='', description='Namespace of the node and its topics.'),
    DeclareLaunchArgument(
        'params_file', default_value=PathJoinSubstitution([CONFIG, 'anycam.yaml']),
        description='Parameters of the node.'),
    DeclareLaunchArgument(
        'image', default_value='image',
        description='Topic of the camera image; its compressed form is at IMAGE/compressed.'),
    DeclareLaunchArgument(
        'camera_info', default_value='camera_info',
        description='Topic of the calibration, for the parameter intrinsics: given.'),
    DeclareLaunchArgument(
        'bag', default_value='',
        description='Recording to play, with its clock; empty: a live camera.'),
    DeclareLaunchArgument(
        'use_sim_time', default_value=BAG_IS_GIVEN,
        description='Take the time from /clock; by default when a bag is played.'),
    DeclareLaunchArgument(
        'rviz', default_value='false', description='Show path, transforms, image and mask.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return the node, and where asked for the bag player and RViz."""
    common = {
        'namespace': LaunchConfiguration('namespace'),
        'remappings': [
            ('image', IMAGE),
            ('image/compressed', [IMAGE, '/compressed']),
            ('camera_info', LaunchConfiguration('camera_info')),
        ],
        'output': 'screen',
    }
    sim_time = {
        'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
    node = Node(
        package='anycam_ros', executable='anycam_node', name='anycam',
        parameters=[LaunchConfiguration('params_file'), sim_time], emulate_tty=True, **common)
    rviz = Node(
        package='rviz2', executable='rviz2', name='rviz', parameters=[sim_time],
        arguments=['-d', PathJoinSubstitution([CONFIG, 'anycam.rviz'])],
        condition=IfCondition(LaunchConfiguration('rviz')), **common)
    player = ExecuteProcess(
        cmd=['ros2', 'bag', 'play', BAG, '--clock', '100', '--delay', DISCOVERY_S,
             '--disable-keyboard-controls'],
        additional_env=large_images(), output='screen', condition=IfCondition(BAG_IS_GIVEN))
    return LaunchDescription([*ARGUMENTS, node, rviz, player])


def large_images() -> dict[str, EnvironmentVariable]:
    """Return an environment in which Fast DDS carries whole images; what is set stays."""
    profile = PathJoinSubstitution([CONFIG, 'fastdds_large_images.xml'])
    return {name: EnvironmentVariable(name, default_value=profile)
            for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')}
