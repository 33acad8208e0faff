# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services of the node: reset, pause, and set the pose."""

from geometry_msgs.msg import PoseWithCovarianceStamped
import numpy as np
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger
from tf_transformations import quaternion_matrix

from anycam_ros.errors import PoseError
from anycam_ros.node.commands import CommandQueue, Pause, Reset, Resume, SetPose
from anycam_ros.node.outputs.transforms import PoseGuess
from anycam_ros.srv import SetPose as SetPoseService

UNIT_TOLERANCE = 0.01


class Services:
    """Check requests and pass them on as commands."""

    def __init__(self, node: Node, commands: CommandQueue, odom_frame: str) -> None:
        """Offer the services from now on."""
        self._node, self._commands = node, commands
        self._odom_frame = odom_frame
        self._services = [node.create_service(Trigger, '~/reset', self._on_reset),
                          node.create_service(SetBool, '~/pause', self._on_pause),
                          node.create_service(SetPoseService, '~/set_pose', self._on_set_pose)]

    def close(self) -> None:
        """Withdraw the services."""
        for service in self._services:
            self._node.destroy_service(service)

    def _on_reset(self, _request: Trigger.Request, response: Trigger.Response
                  ) -> Trigger.Response:
        self._commands.put(Reset())
        response.success = True
        response.message = 'the next image is at initial_pose in odom'
        return response

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response
                  ) -> SetBool.Response:
        self._commands.put(Pause() if request.data else Resume())
        response.success = True
        response.message = ('paused until ~/pause is called with false'
                            if request.data else 'goes on from the last pose')
        return response

    def _on_set_pose(self, request: SetPoseService.Request, response: SetPoseService.Response
                     ) -> SetPoseService.Response:
        try:
            self._commands.put(SetPose(_pose_guess(request.pose, self._odom_frame)))
        except PoseError as error:
            response.success, response.message = False, str(error)
            return response
        response.success = True
        response.message = 'the next image is at this pose'
        return response


def _pose_guess(message: PoseWithCovarianceStamped, odom_frame: str) -> PoseGuess:
    """Return pose and covariance (6, 6). Raises PoseError for what is none."""
    if message.header.frame_id not in ('', odom_frame):
        raise PoseError(f'frame_id is {message.header.frame_id!r}; it must be {odom_frame!r}, or '
                         'empty, which means the same.')
    p, q = message.pose.pose.position, message.pose.pose.orientation
    position, quaternion = np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w])
    if not np.isfinite(position).all():
        raise PoseError(f'position is {position.tolist()}; it must be finite.')
    length = np.linalg.norm(quaternion)
    if not abs(length - 1.0) < UNIT_TOLERANCE:
        raise PoseError(f'orientation is {quaternion.tolist()}, of length {length:.3g}; it must '
                         'be a unit quaternion. No rotation is x=0, y=0, z=0, w=1.')
    covariance = np.asarray(message.pose.covariance, np.float64).reshape(6, 6)
    if not np.isfinite(covariance).all() or not np.allclose(covariance, covariance.T) \
            or np.linalg.eigvalsh(covariance).min() < -1e-9:
        raise PoseError('covariance is no covariance; it must be finite, symmetric and without '
                         'negative eigenvalues. All 0 means that the pose is exact.')
    T_odom_child = quaternion_matrix(quaternion / length)
    T_odom_child[:3, 3] = position
    return PoseGuess(np.asarray(T_odom_child), covariance)
