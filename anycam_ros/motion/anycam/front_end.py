# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera motion by the AnyCam network, from pictures, their depth and the flow between them."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
import torch

from anycam_ros.flow.dense_flow import DenseFlow, Flow, Image
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.motion.anycam.flow_fit import induced_flow, pose_information
from anycam_ros.motion.anycam.key_frames import flow_returns, KeyFrame, KeyFrameWindow
from anycam_ros.motion.anycam.network import AnyCam
from anycam_ros.motion.anycam.network_focal import NetworkFocal
from anycam_ros.motion.anycam.network_images import (
    CentreSquare,
    DEPTH_UNIT_M,
    is_known,
    Map,
    network_depth,
    normalised_flow,
    without_holes,
)
from anycam_ros.motion.anycam.runtime import NetworkRuntime, WindowSize
from anycam_ros.motion.anycam.stillness import FlowStillness
from anycam_ros.motion.anycam.stream_window import motion_of_newest, StreamEstimate, StreamFrame
from anycam_ros.motion.geometric.correction import CorrectionDebt
from anycam_ros.motion.geometric.depth_image import LEARNED_DEPTH_NOISE
from anycam_ros.motion.geometric.picture import picture_fault
from anycam_ros.motion.geometric.working_camera import WorkingCamera
from anycam_ros.motion.motion_estimate import MotionEstimate, Status
from anycam_ros.motion.reason import Cause, NO_REASON, Reason

WORKING_SIDE_PX = 336            # short side; what the published weights were trained with
MOVING_SCALE = 0.01              # Laplace scale of what moves, in half sides (the authors' clouds)
LEAST_KNOWN_DEPTH = 0.1          # of the picture
LEAST_RETURNING = 0.1            # of the flow; less, and the pictures show different places
DEGRADED_SHARE = 0.3
CARRIED_DEPTH_S = 0.3            # depth of a frame that has none comes from up to so long ago
LOST_VARIANCE = 1.0              # per frame; m^2 and rad^2


class NetworkOptions(NamedTuple):
    """Hold how the network is run over the stream."""

    window: WindowSize = WindowSize(8, both_directions=True)
    refines: bool = True
    flow_as_reference: bool = False    # with the reference's error of scale, for its numbers


class View(NamedTuple):
    """Hold a frame of the working size."""

    image: Image         # (H, W, 3) RGB
    depth_m: Map         # (H, W) without holes
    stamp_s: float
    measured_s: float    # when the depth was


class NetworkMotion:
    """Follow the camera through pictures of one size; lengths are in metres, as the depth."""

    def __init__(self, network: AnyCam, camera: WorkingCamera, flow: DenseFlow,
                 device: torch.device, options: NetworkOptions | None = None) -> None:
        """Start with no picture seen."""
        self._options = options or NetworkOptions()
        self._runtime = NetworkRuntime(network, device, self._options.window)
        self._flow = flow
        height, width = camera.intrinsics.height, camera.intrinsics.width
        self._centre_px = camera.intrinsics.cx, camera.intrinsics.cy
        self._square = CentreSquare.of(height, width)
        self.focal = NetworkFocal(
            network.focal_candidates.cpu().numpy().astype(np.float64) * self._square.side / 2,
            camera.intrinsics.fx if camera.is_calibrated else None)
        self._stillness = FlowStillness(height, width)
        self._key_frames = KeyFrameWindow(flow, self._centre_px)
        self._debt = CorrectionDebt()
        self._before: View | None = None
        self._T_world_camera: Array = np.eye(4)

    def process(self, image: Image, stamp_s: float, depth_m: Map | None) -> MotionEstimate:
        """Return the motion since the picture before, RGB (H, W, 3); depth (H, W) in metres."""
        before = self._before
        carries = before is not None and stamp_s - before.measured_s <= CARRIED_DEPTH_S
        depth_fault = _depth_fault(depth_m)
        fault = picture_fault(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8))
        if fault is not NO_REASON:
            return self._lost(fault)
        if depth_fault and not carries:
            return self._lost(Reason(Cause.NO_DEPTH, depth_fault))
        measured = None if depth_fault or depth_m is None else View(
            image, without_holes(depth_m), stamp_s, stamp_s)
        if before is None:
            return self._lost(Reason(Cause.NO_DEPTH, depth_fault)) if measured is None \
                else self._begin(measured, 'the first picture')
        forward, backward = self._flow.both_ways(before.image, image)
        if flow_returns(forward, backward).mean() < LEAST_RETURNING:
            if measured is not None:
                self._begin(measured, '')
            return self._lost(Reason(Cause.OTHER_VIEW,
                                     'nothing of the picture before is left in view'))
        view = measured or View(image, _carried(before.depth_m, backward), stamp_s,
                                before.measured_s)
        estimate = self._runtime.push(self._stream_frame(view, forward, backward))
        if estimate is None:
            return self._begin(view, 'the window starts anew')
        self._before = view
        return self._found(view, before, (forward, backward), estimate)

    def _begin(self, view: View, reason: str) -> MotionEstimate:
        """Go on from a picture that has no relation to those before."""
        self._runtime.push(self._stream_frame(view))
        self._before = view
        self._stillness.forget()
        self._key_frames.clear()
        self._debt.forget()
        return MotionEstimate(Status.INITIALIZING, Reason(Cause.STARTING, reason), np.eye(4), 1.0,
                              LOST_VARIANCE * np.eye(6), None, None, 0.0, False,
                              scale_source='depth',
                              scale_deviation=LEARNED_DEPTH_NOISE.relative)

    def _stream_frame(self, view: View, forward: Flow | None = None,
                      backward: Flow | None = None) -> StreamFrame:
        flows = (None if flow is None else self._runtime.upload(self._square.cut(
            normalised_flow(flow, as_reference=self._options.flow_as_reference)))
            for flow in (forward, backward))
        return StreamFrame(
            self._runtime.upload(self._square.cut(view.image) / np.float32(255)),
            self._runtime.upload(self._square.cut(network_depth(view.depth_m))), *flows)

    def _found(self, view: View, before: View, flows: tuple[Flow, Flow],
               estimate: StreamEstimate) -> MotionEstimate:
        is_still = self._stillness.update(flows[0])
        if not is_still:
            self.focal.update(estimate.focal_log_probs.double().cpu().numpy())
        T_before_camera = np.eye(4) if is_still else self._motion(estimate)
        uncertainty_px = self._uncertainty(estimate, view, flows[1], T_before_camera)
        mask = (uncertainty_px > MOVING_SCALE * self._square.side / 2).astype(np.uint8) * 255
        information = pose_information(view.depth_m, uncertainty_px, self.focal.focal_px,
                                       self._centre_px)
        T_paid = self._debt.pay(T_before_camera, 1.0 / float(np.median(view.depth_m)))
        self._T_world_camera = self._T_world_camera @ T_before_camera
        static_share = 1.0 - float((mask > 0).mean())
        status, reason = Status.TRACKING, NO_REASON
        if static_share < DEGRADED_SHARE:
            status = Status.DEGRADED
            reason = Reason(Cause.TOO_MUCH_MOVING, 'too much is moving: only '
                            f'{100 * static_share:.0f} % of the picture follows the camera')
        is_key_frame = self._options.refines and not is_still and self._key_frames.wants()
        if is_key_frame:
            self._refine(view, uncertainty_px)
        return MotionEstimate(
            status, reason, T_paid, view.stamp_s - before.stamp_s,
            np.asarray(np.linalg.inv(information)), uncertainty_px, mask, static_share,
            is_key_frame, scale_source='depth',
            scale_deviation=LEARNED_DEPTH_NOISE.relative)

    def _motion(self, estimate: StreamEstimate) -> Array:
        """Return the newest camera in the one before, m."""
        T = motion_of_newest(estimate, self.focal.candidate).numpy()
        T[:3, 3] *= DEPTH_UNIT_M
        return np.asarray(T, np.float64)

    def _uncertainty(self, estimate: StreamEstimate, view: View, backward: Flow,
                     T_before_camera: Array) -> Map:
        """Return the error of the flow back from the newest picture (H, W) that is expected, px.

        Outside of the square that the network sees it is the error there is.
        """
        induced = induced_flow(view.depth_m, T_before_camera, self.focal.focal_px,
                               self._centre_px)
        error_px = np.linalg.norm(backward - induced, axis=-1)
        uncertainty_px = np.nan_to_num(error_px, nan=float(max(view.depth_m.shape)))
        scale = self._runtime.uncertainty(estimate, self.focal.candidate)
        self._square.cut(uncertainty_px)[:] = scale * self._square.side / 2
        return uncertainty_px.astype(np.float32)

    def _refine(self, view: View, uncertainty_px: Map) -> None:
        refined = self._key_frames.add(
            KeyFrame(view.image, view.depth_m, uncertainty_px, self._T_world_camera),
            self.focal.focal_px)
        self._debt.owe(inverse(self._T_world_camera), inverse(refined))
        self._T_world_camera = refined

    def _lost(self, reason: Reason) -> MotionEstimate:
        # With no motion and no knowledge of it, any time will do.
        return MotionEstimate(Status.LOST, reason, np.eye(4), 1.0, LOST_VARIANCE * np.eye(6),
                              None, None, 0.0, False, scale_source='depth',
                              scale_deviation=LEARNED_DEPTH_NOISE.relative)


def _carried(depth_m: Map, backward: Flow) -> Map:
    """Return the depth (H, W) of a frame from that of the one before, by the flow back to it.

    By how much the camera came nearer meanwhile is little beside the error of any depth.
    """
    rows, columns = np.indices(depth_m.shape, np.float32)
    return np.asarray(cv2.remap(depth_m, columns + backward[..., 0], rows + backward[..., 1],
                                cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _depth_fault(depth_m: NDArray[np.float32] | None) -> str:
    """Return why depth cannot be used; empty where it can."""
    if depth_m is None:
        return 'the frame has no depth, which the network needs'
    known = float(is_known(depth_m).mean())
    if known < LEAST_KNOWN_DEPTH:
        return f'depth is known for {100 * known:.0f} % of the picture only'
    return ''
