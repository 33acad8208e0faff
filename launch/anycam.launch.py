# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the odometry of one camera, live or from a recording.

With a live camera, and with a recording that is shown in RViz:

    ros2 launch anycam_ros anycam.launch.py image:=/camera/image_raw
    ros2 launch anycam_ros anycam.launch.py image:=/camera/image_raw bag:=drive.mcap rviz:=true
"""

from launch import Event, EventHandler, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, RegisterEventHandler
from launch.conditions import IfCondition
from launch.events.process import ProcessIO
from launch.substitutions import (
    EnvironmentVariable,
    LaunchConfiguration,
    OrSubstitution,
    PathJoinSubstitution,
    PythonExpression,
)
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare('anycam_ros'), 'config'])
BAG = LaunchConfiguration('bag')
IMAGE = LaunchConfiguration('image')
DEPTH = LaunchConfiguration('depth')
# bool(), since conditions and parameters take only True and False.
BAG_IS_GIVEN = PythonExpression(['bool(r"""', BAG, '""")'])
SIM_TIME = OrSubstitution(LaunchConfiguration('use_sim_time'), BAG_IS_GIVEN)
# The player waits until the node has subscribed, and then for DDS discovery.
LISTENING = b'listening to'
DISCOVERY_S = '2'

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
        'depth', default_value='depth',
        description='Topic of depth registered to the image, for the parameter depth: topic; its '
                    'compressed form is at DEPTH/compressedDepth.'),
    DeclareLaunchArgument(
        'speed', default_value='speed',
        description='Topic of wheel odometry, for the parameter scale_source: topic.'),
    DeclareLaunchArgument(
        'bag', default_value='',
        description='Recording to play, with its clock; empty: a live camera.'),
    DeclareLaunchArgument(
        'use_sim_time', default_value='false',
        description='Take the time from /clock; a bag that is played here implies it.'),
    DeclareLaunchArgument(
        'rviz', default_value='false', description='Show every output in RViz.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return the node, and where asked for the bag player and RViz."""
    common = {
        'namespace': LaunchConfiguration('namespace'),
        'remappings': [
            ('image', IMAGE),
            ('image/compressed', [IMAGE, '/compressed']),
            ('camera_info', LaunchConfiguration('camera_info')),
            ('depth', DEPTH),
            ('depth/compressedDepth', [DEPTH, '/compressedDepth']),
            ('speed', LaunchConfiguration('speed')),
        ],
        'output': 'screen',
    }
    sim_time = {'use_sim_time': ParameterValue(SIM_TIME, value_type=bool)}
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
        additional_env=large_images(), output='screen')
    play_when_listening = RegisterEventHandler(
        EventHandler(matcher=lambda event: is_listening(event, node), entities=[player],
                     handle_once=True),
        condition=IfCondition(BAG_IS_GIVEN))
    return LaunchDescription([*ARGUMENTS, play_when_listening, node, rviz])


def is_listening(event: Event, node: Node) -> bool:
    """Return whether the event is the line in which the node logs that it is ready."""
    return isinstance(event, ProcessIO) and event.action is node and LISTENING in event.text


def large_images() -> dict[str, EnvironmentVariable]:
    """Return an environment in which Fast DDS carries whole images; variables set before stay."""
    profile = PathJoinSubstitution([CONFIG, 'fastdds_large_images.xml'])
    return {name: EnvironmentVariable(name, default_value=profile)
            for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')}
