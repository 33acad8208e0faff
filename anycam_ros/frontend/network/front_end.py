# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera motion by the AnyCam network, from images, their depth and the flow between them."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

from anycam_ros.depth.depth_model import DepthModel
from anycam_ros.depth.noise import DepthNoise, LEARNED_DEPTH_NOISE
from anycam_ros.depth.resizing import resized_depth
from anycam_ros.devices import download
from anycam_ros.errors import FrameError
from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.frontend.common.image_quality import image_quality_fault
from anycam_ros.frontend.common.pending_correction import PendingCorrection
from anycam_ros.frontend.common.refined_trajectory import PastPose
from anycam_ros.frontend.common.stage_timer import MATCH, MOTION, REFINE, StageTimer, UNCERTAINTY
from anycam_ros.frontend.motion_estimate import (
    LengthUnit,
    lost,
    LOST_VARIANCE,
    MotionEstimate,
    TrackingState,
)
from anycam_ros.frontend.network.device_upload import DeviceUpload, View
from anycam_ros.frontend.network.flow_stationarity import FlowStationarity
from anycam_ros.frontend.network.focal_filter import FocalFilter
from anycam_ros.frontend.network.frame_readout import FrameReadout, read_out
from anycam_ros.frontend.network.keyframe_refinement import KeyFrame, KeyframeRefinement
from anycam_ros.frontend.network.pose_information import GRID, NEAREST_M, pose_information
from anycam_ros.frontend.network.rectification import rectification_of
from anycam_ros.frontend.network.runtime import NetworkRuntime, WindowSize
from anycam_ros.frontend.network.stream_window import StreamEstimate, StreamFrame
from anycam_ros.frontend.network.warp import warped
from anycam_ros.frontend.reason import Cause, NO_REASON, Reason
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.networks.anycam.induced_flow import induced_flow
from anycam_ros.networks.anycam.inputs.preprocessing import (
    CentreSquare,
    depth_fault,
    DEPTH_UNIT_M,
    Map,
    middle_px,
    network_depth,
    normalised_flow,
)
from anycam_ros.networks.anycam.model import AnyCam

WORKING_SIDE_PX = 336            # short side; what the published weights were trained with
MOVING_SCALE = 0.01              # Laplace scale of what moves, in half sides (the authors' clouds)
LEAST_RETURNING = 0.1            # of the flow; less, and the pictures show different places
DEGRADED_SHARE = 0.3
PROPAGATED_DEPTH_S = 0.3         # depth of a frame that has none comes from up to so long ago


class NetworkOptions(NamedTuple):
    """Hold how the network is run over the stream."""

    window: WindowSize = WindowSize(8, both_directions=True)
    refines: bool = True
    flow_as_reference: bool = False    # with the reference's error of scale, for its numbers


class NetworkFrontEnd:
    """Follow the camera through images of one size; lengths are in metres, as the depth.

    Per frame the host waits for the device twice: for what says where the camera is and which
    focal length that holds for, and for the uncertainty, which only then is computed.
    """

    def __init__(self, network: AnyCam, camera: ProcessingCamera, flow: DenseFlow,
                 device: torch.device, options: NetworkOptions | None = None,
                 depth_model: DepthModel | None = None) -> None:
        """Take what is shared among streams; without a model depth comes with the images."""
        self._options = options or NetworkOptions()
        self.camera = camera
        self._unit = LengthUnit(
            'depth', (DepthNoise() if depth_model is None else LEARNED_DEPTH_NOISE).relative)
        self._runtime = NetworkRuntime(network, device, self._options.window)
        self._upload, self._device = DeviceUpload(flow, depth_model, device), device
        self._rectification = rectification_of(camera)
        height, width = camera.intrinsics.height, camera.intrinsics.width
        self._centre_px = middle_px(width, height)
        self._square = CentreSquare.of(height, width)
        self.focal = FocalFilter(
            network.focal_candidates.cpu().numpy().astype(np.float64) * self._square.side / 2,
            camera.intrinsics.fx if camera.is_calibrated else None)
        self._stationarity = FlowStationarity(height, width)
        self._key_frames = KeyframeRefinement(flow, self._centre_px)
        self._pending_correction = PendingCorrection()
        self._before: View | None = None
        self._measured_m: Map | None = None
        self._T_world_camera: Array = np.eye(4)

    @property
    def scene_depth(self) -> float:
        """Return 1: the unit is the metre, whatever the scene."""
        return 1.0

    def process(self, image: WorkingImage, stamp_s: float,
                depth_m: Map | None = None) -> MotionEstimate:
        """Return the motion since the image before, in metres.

        Raises FrameError where the network gives no motion; the state stays as it was.
        """
        timer = StageTimer()
        self._measured_m = depth_m if self._upload.measures_depth else None
        estimate = self._process_or_shrink(image, stamp_s, timer)
        raw = self._rectification
        if raw is not None and estimate.uncertainty_px is not None:
            uncertainty_px = raw.back(estimate.uncertainty_px)
            estimate = replace(estimate, uncertainty_px=uncertainty_px,
                               motion_mask=self._moving(uncertainty_px))
        return replace(estimate, timings_ms=timer.timings_ms)

    def refined_trajectory(self) -> list[PastPose]:
        """Return the key frames so far as refinement sees them now, from the newest camera."""
        return self._key_frames.refined_trajectory(self._T_world_camera)

    def map_points(self) -> Array:
        """Return no points (0, 3): the network keeps no map."""
        return np.zeros((0, 3))

    def depth_image(self) -> Map | None:
        """Return measured depth, or that of the newest image that showed anything; m, (H, W)."""
        if self._measured_m is not None:
            return self._measured_m
        if self._before is None:
            return None
        depth_m, = download(self._before.depth_m[0])
        raw = self._rectification
        return depth_m if raw is None else raw.back(depth_m)

    def _process_or_shrink(self, image: WorkingImage, stamp_s: float,
                           timer: StageTimer) -> MotionEstimate:
        try:
            return self._process(image, stamp_s, timer)
        except torch.cuda.OutOfMemoryError as error:    # of flow, depth or uncertainty
            self._runtime.shrink(error)
        return self._lost(Reason(Cause.STARTING, 'out of memory; the window restarts'))

    @torch.inference_mode()
    def _process(self, image: WorkingImage, stamp_s: float, timer: StageTimer) -> MotionEstimate:
        before = self._before
        fault = image_quality_fault(image.grey)
        if fault is not NO_REASON:
            return self._lost(fault)
        picture, depth_m = self._rectified(image.rgb), self._working_depth()
        fault_of_depth = depth_fault(depth_m) if self._upload.measures_depth else ''
        if fault_of_depth and (before is None or stamp_s - before.measured_s > PROPAGATED_DEPTH_S):
            return self._lost(Reason(Cause.NO_DEPTH, fault_of_depth))
        pixels = self._upload.pixels(picture)
        view = None if fault_of_depth else View(
            picture, pixels, self._upload.depth(depth_m, pixels), stamp_s, stamp_s)
        if before is None:
            assert view is not None
            return self._begin(view, 'the first image')
        with timer.stage(MATCH):
            flows = self._upload.flow(before, picture, pixels)
        # By how much the camera came nearer meanwhile is little beside the error of any depth.
        seen = view or View(picture, pixels, warped(before.depth_m, flows[1], 'nearest'), stamp_s,
                            before.measured_s)
        with timer.stage(MOTION):
            estimate = self._runtime.push(self._stream_frame(seen, *flows))
            readout = read_out(flows, estimate, self._stationarity.positions_px, self._device)
        if readout.returning < LEAST_RETURNING:
            self._runtime.take_back()
            if view is not None:
                self._begin(view, '')
            return self._lost(Reason(Cause.OTHER_VIEW, 'no overlap with the previous frame'))
        if estimate is None:
            return self._begin(seen, 'the window restarts')
        if not (np.isfinite(readout.motions).all() and np.isfinite(readout.log_probs).all()):
            self._runtime.take_back()
            raise FrameError('the network gives no finite motion for this frame; are its weights '
                             "the published ones? Where device is 'cuda', half precision may not "
                             "do: set it to 'cpu'.")
        self._before = seen
        return self._found(seen, before, flows[1], readout, estimate, timer)

    def _rectified(self, image: Image) -> Image:
        return image if self._rectification is None else self._rectification.picture(image)

    def _working_depth(self) -> Map | None:
        """Return the measured depth of the newest image in the size and lens of the network."""
        if self._measured_m is None:
            return None
        depth_m = resized_depth(self._measured_m, self.camera.intrinsics)
        return depth_m if self._rectification is None else self._rectification.depth(depth_m)

    def _begin(self, view: View, reason: str) -> MotionEstimate:
        """Start from an image without relation to the previous ones."""
        self._runtime.push(self._stream_frame(view))
        self._before = view
        self._stationarity.forget()
        self._key_frames.clear()
        self._pending_correction.forget()
        return MotionEstimate(
            status=TrackingState.INITIALIZING, reason=Reason(Cause.STARTING, reason),
            T_previous_camera=np.eye(4), elapsed_s=1.0, covariance=LOST_VARIANCE * np.eye(6),
            unit=self._unit)

    def _stream_frame(self, view: View, forward: Tensor | None = None,
                      backward: Tensor | None = None) -> StreamFrame:
        flows = (None if flow is None else self._square.cut(
            normalised_flow(flow, as_reference=self._options.flow_as_reference))
                 for flow in (forward, backward))
        return StreamFrame(self._square.cut(view.pixels),
                           self._square.cut(network_depth(view.depth_m)), *flows)

    def _found(self, view: View, before: View, backward: Tensor, readout: FrameReadout,
               estimate: StreamEstimate, timer: StageTimer) -> MotionEstimate:
        is_stationary = self._stationarity.update(readout.moved_px)
        if not is_stationary:
            self.focal.update(readout.log_probs)
        T_before_camera = np.eye(4) if is_stationary else self._motion(readout)
        with timer.stage(UNCERTAINTY):
            uncertainty_px, depth_m = download(
                self._uncertainty(estimate, view, backward, T_before_camera),
                view.depth_m[0, GRID, GRID])
            mask = self._moving(uncertainty_px)
        information = pose_information(depth_m, uncertainty_px[GRID, GRID], self.focal.focal_px,
                                       self._centre_px)
        T_corrected = self._pending_correction.apply(T_before_camera,
                                                     1.0 / float(np.median(depth_m)))
        self._T_world_camera = self._T_world_camera @ T_before_camera
        static_share = 1.0 - float((mask > 0).mean())
        status, reason = _static_status(static_share)
        with timer.stage(REFINE):
            is_key_frame = self._options.refines and not is_stationary \
                and self._refine_at_key_frame(view, uncertainty_px)
        return MotionEstimate(
            status=status, reason=reason, T_previous_camera=T_corrected,
            elapsed_s=view.stamp_s - before.stamp_s,
            covariance=np.asarray(np.linalg.inv(information)), uncertainty_px=uncertainty_px,
            motion_mask=mask, uncertainty_source='anycam', static_share=static_share,
            is_key_frame=is_key_frame,
            unit=self._unit)

    def _motion(self, readout: FrameReadout) -> Array:
        """Return the newest camera in the one before, m."""
        T = inverse(readout.motions[self.focal.candidate])
        T[:3, 3] *= DEPTH_UNIT_M
        return T

    def _uncertainty(self, estimate: StreamEstimate, view: View, backward: Tensor,
                     T_before_camera: Array) -> Tensor:
        """Return the error of the flow back from the newest picture (H, W) that is expected, px.

        Outside of the square that the network sees it is the error there is.
        """
        induced = induced_flow(view.depth_m[0], T_before_camera, self.focal.focal_px,
                               self._centre_px, nearest=NEAREST_M)
        error_px = (backward - induced).norm(dim=0)
        largest_px = float(max(error_px.shape))
        uncertainty_px = error_px.nan_to_num(nan=largest_px).clamp(max=largest_px)
        scale = self._runtime.uncertainty(estimate, self.focal.candidate)
        self._square.cut(uncertainty_px)[:] = scale * (self._square.side / 2)
        return uncertainty_px

    def _moving(self, uncertainty_px: Map) -> NDArray[np.uint8]:
        """Return the mask (H, W) of what moves: 255."""
        moves = uncertainty_px > MOVING_SCALE * self._square.side / 2
        return np.asarray(moves.astype(np.uint8) * 255)

    def _refine_at_key_frame(self, view: View, uncertainty_px: Map) -> bool:
        """Refine the last key frames where the view is a new one; return whether it is."""
        self._key_frames.count_frame()
        if not self._key_frames.needs_key_frame:
            return False
        depth_m, = download(view.depth_m[0])
        refined = self._key_frames.add(
            KeyFrame(view.stamp_s, view.image, depth_m, uncertainty_px, self._T_world_camera),
            self.focal.focal_px)
        self._pending_correction.add(inverse(self._T_world_camera), inverse(refined))
        self._T_world_camera = refined
        return True

    def _lost(self, reason: Reason) -> MotionEstimate:
        return lost(reason, self._unit)


def _static_status(static_share: float) -> tuple[TrackingState, Reason]:
    """Return whether enough of the image is static, and why it is not."""
    if static_share >= DEGRADED_SHARE:
        return TrackingState.TRACKING, NO_REASON
    return TrackingState.DEGRADED, Reason(
        Cause.TOO_MUCH_MOVING, f'too much is moving: only {100 * static_share:.0f} % of the '
        'picture follows the camera')
