# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What RViz is set up to show is what the node publishes."""

from pathlib import Path

from peer import Peer
import pytest
import yaml

CONFIG = Path(__file__).parents[2] / 'config' / 'anycam.rviz'
TYPES = {'Path': 'nav_msgs/msg/Path', 'Odometry': 'nav_msgs/msg/Odometry',
         'PointCloud2': 'sensor_msgs/msg/PointCloud2', 'Image': 'sensor_msgs/msg/Image'}
NOT_TO_LOOK_AT = {'estimated/camera_info', 'status'}


@pytest.mark.usefixtures('node')
def test_rviz_shows_every_output(peer: Peer) -> None:
    displays = yaml.safe_load(CONFIG.read_text('utf-8'))['Visualization Manager']['Displays']
    shown = {display['Topic']['Value']: TYPES[display['Class'].rpartition('/')[2]]
             for display in displays if 'Topic' in display and display['Enabled']}
    assert shown.pop('image') == TYPES['Image']     # of the camera
    published = {name.removeprefix('/'): kind
                 for name, kind in peer.graph_of_node('publisher').items()}
    of_the_node = {name: kind for name, kind in published.items()
                   if not kind.startswith(('rcl_interfaces', 'lifecycle_msgs', 'diagnostic_msgs',
                                           'tf2_msgs'))}
    assert shown == {name: kind for name, kind in of_the_node.items()
                     if name not in NOT_TO_LOOK_AT}
    assert any(display['Class'].endswith('/TF') for display in displays)
