# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion mask: what moves by itself, followed over frames and from key frame to key frame."""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.frontend.geometric.estimation.flow_pair import sample_flow
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.segmentation.depth_expectation import (
    DepthExpectationOptions,
    expected_depth,
    ExpectedDepth,
    unknown_depth,
)
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    coarse_shape,
    epipolar_residual,
    EpipolarResidual,
    EpipolarResidualOptions,
    Map,
    STRIDE,
    texture,
)
from anycam_ros.frontend.geometric.segmentation.evidence import (
    Evidence,
    EvidenceOptions,
    flow_evidence,
    joined,
)
from anycam_ros.frontend.geometric.segmentation.guided_filter import guided_filter
from anycam_ros.frontend.geometric.segmentation.motion_inputs import (
    FrameMaps,
    network_frame,
)
from anycam_ros.frontend.geometric.segmentation.static_appearance import (
    induced_positions,
    InducedPositions,
    static_appearance,
    StaticAppearanceOptions,
)
from anycam_ros.frontend.working_image import half_size
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.networks.motion_weights.channels import (
    MotionNetwork,
    MotionPrediction,
)
from anycam_ros.networks.motion_weights.channels import (
    STRIDE as NETWORK_STRIDE,
)

WIDE_STD = 4.0       # of a blur, coarse pixels, from which on half the resolution shows no less


@dataclass(frozen=True)
class MotionMaskOptions:
    """Choose which flow error is expected, and from where on something moves."""

    evidence: EvidenceOptions = field(default_factory=EvidenceOptions)
    minimum_noise_px: float = 0.5      # of flow, in the best images
    moving_score: float = 2.0          # standard deviations, as is usual; fewer mark static scenes
    moving_probability: float = 0.5    # by the network
    memory: float = 0.5                # of the running mean over frames
    appearance_trust: float = 0.05     # of the image before, where flow from the key frame fits
    least_static: float = 0.05         # probability: no weight is so small that nothing is left
    # Over what neighbours a score is averaged: standard deviation in coarse pixels, and share. The
    # wide one fills regions without texture.
    spreads: tuple[tuple[float, float], ...] = ((2.0, 1.0), (6.0, 0.1))
    # A patch of flow reaches over the edge of what moves; the picture shows where the edge is.
    guide_radius: int = 6              # coarse pixels: a patch of 8 and what the blur adds
    guide_edge: float = 5.0            # grey levels


class _Past(NamedTuple):
    """Hold what is known of the image before."""

    evidence: Evidence
    image: Map                  # grey, on the coarse grid
    T_camera_reference: Array
    flow: Flow | None           # from the reference to it; None where it is the reference
    moving: Map | None          # probability, on the network's grid; None where there is none


class MotionMask:
    """Follow how badly each pixel fits the camera's motion."""

    def __init__(self, camera: ProcessingCamera, options: MotionMaskOptions,
                 residual: EpipolarResidualOptions, depth: DepthExpectationOptions,
                 appearance: StaticAppearanceOptions,
                 network: MotionNetwork | None = None) -> None:
        """Take the camera of the working image, and a network that weighs what moves."""
        self._network = network
        self._camera, self._options = camera, options
        self._residual_options, self._depth_options = residual, depth
        self._appearance_options = appearance
        self._shape = (camera.intrinsics.height, camera.intrinsics.width)
        self._rows, self._columns = np.indices(coarse_shape(self._shape)).astype(np.float32)
        centres = np.stack([self._columns, self._rows], axis=-1).astype(np.float64)
        self._grid = camera.undistorted_px(STRIDE * (centres + 0.5) - 0.5).astype(np.float32)
        self._past: _Past | None = None
        self.newest = np.zeros(self._shape, np.uint8)    # (H, W) 255 where things move
        self.reached = self.newest    # the same with what a patch around may see of them

    @property
    def source(self) -> str:
        """Return what tells what moves: 'network' or 'epipolar'."""
        return 'epipolar' if self._network is None else 'network'

    def static_at(self, positions_px: Array) -> Array | None:
        """Return how likely what is at positions (N, 2) of the newest image is to be static.

        None where only geometry tells, which the motion comes from itself.
        """
        if self._past is None or self._past.moving is None:
            return None
        moving = sample_flow(self._past.moving[..., None], positions_px, NETWORK_STRIDE)[:, 0]
        return np.clip(1.0 - moving, self._options.least_static, 1.0)

    def new_reference(self, *, is_newest: bool) -> None:
        """Take flow from another image now: from the newest one, or else start again."""
        if self._past is not None and is_newest:
            self._past = self._past._replace(T_camera_reference=np.eye(4), flow=None)
        else:
            self._past = None

    def update(self, tracking: TrackingResult, window: SlidingWindow | None,
               focal_px: float) -> Map:
        """Return the uncertainty (px) on the coarse grid of the image, and make its mask."""
        T_target_reference, depth = tracking.T_camera_world, unknown_depth(self._shape)
        if window is not None:
            T_target_reference = tracking.T_camera_world @ inverse(window.T_camera_world[-1])
            depth = expected_depth(tracking, window, T_target_reference, self._shape,
                                   self._depth_options)
        T_reference_target = inverse(T_target_reference)
        pair, left_out = tracking.pair.on_grid(STRIDE), tracking.pair.left_out
        residual = epipolar_residual(pair.backward, pair.forward, self._grid, depth.mean,
                                     T_reference_target, focal_px)
        if left_out is not None:
            residual.is_known[left_out[::STRIDE, ::STRIDE]] = False
        noise_px = self._noise_px(residual, tracking)
        gradient = texture(tracking.image, self._residual_options)
        image = np.asarray(half_size(tracking.image), np.float32)
        found = flow_evidence(residual, depth, gradient, noise_px, self._options.evidence)
        evidence, came_from, past = found.evidence, None, self._past
        if past is None:
            appearance = Evidence(np.zeros_like(gradient), np.zeros_like(gradient))
        else:
            induced = induced_positions(self._camera, depth.mean,
                                        past.T_camera_reference @ T_reference_target, focal_px)
            appearance = self._appearance(image, past, induced, depth)
            came_from = self._came_from(pair.backward, past)
            evidence = self._with_past(joined(evidence, appearance), came_from, past)
        if left_out is not None:
            evidence.trust[left_out[::STRIDE, ::STRIDE]] = 0
        score, vote = self._spread_by_trust(evidence)
        said = None
        if self._network is not None:
            said = self._network(network_frame(FrameMaps(
                backward=_without_holes(pair.backward), residual=residual, depth=depth,
                evidence=found.evidence, running=evidence, vote=vote, appearance=appearance,
                error_px=found.error_px, gradient=gradient, image=image, grid=self._grid,
                noise_px=noise_px, focal_px=focal_px, has_map=window is not None), came_from),
                None if past is None else past.moving)
        self._past = _Past(evidence, image, T_target_reference, pair.forward,
                           None if said is None else said.moving)
        uncertainty = self._conclude(score, vote, said, image, left_out)
        return np.asarray(np.float32(noise_px) * uncertainty, np.float32)

    def _conclude(self, score: Map, vote: Map, said: MotionPrediction | None, image: Map,
                  left_out: NDArray[np.bool_] | None) -> Map:
        """Make the masks; return the uncertainty in units of the noise."""
        options = self._options
        # Geometry says where tracks end and start: it doubts what has poor flow, and tracks there
        # are poor, whether it moves or not.
        self.reached = self._marked(vote, options.moving_score, left_out)
        shown, limit, uncertainty = vote, options.moving_score, score
        if said is not None:
            moving, log_scale = (np.asarray(cv2.resize(part, image.shape[::-1]), np.float32)
                                 for part in (said.moving, said.log_scale))
            limit = options.moving_probability
            shown = shown_by_geometry(moving, limit, vote, options.moving_score)
            uncertainty = np.asarray(np.exp(log_scale), np.float32)
        self.newest = self._marked(guided_filter(
            shown, image, options.guide_radius, options.guide_edge), limit, left_out)
        return uncertainty

    def _marked(self, vote: Map, limit: float,
                left_out: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
        """Return the mask (H, W) of a vote on the coarse grid."""
        mask = np.asarray(cv2.resize(vote, self._shape[::-1]) > limit)
        if left_out is not None:
            mask &= ~left_out
        return mask.astype(np.uint8) * 255

    def _noise_px(self, residual: EpipolarResidual, tracking: TrackingResult) -> float:
        """Return the noise of the flow where the camera's motion explains it."""
        follows = tracking.matches.target_px[tracking.is_inlier]
        column, row = np.clip((follows / STRIDE).astype(int), 0,
                              np.array(residual.across.shape[::-1]) - 1).T
        known = residual.is_known[row, column]
        if not known.any():
            return self._options.minimum_noise_px
        across = residual.across[row, column][known]
        return max(self._options.minimum_noise_px, MEDIAN_TO_STD * float(np.median(across)))

    def _appearance(self, image: Map, past: _Past, induced: InducedPositions,
                    depth: ExpectedDepth) -> Evidence:
        """Return what the image before says, seen from here, of things that it showed already."""
        appearance = static_appearance(image, past.image, induced, depth,
                                       self._appearance_options)
        return Evidence(appearance.score, self._options.appearance_trust * appearance.trust)

    def _came_from(self, backward: Flow, past: _Past) -> tuple[Map, Map]:
        """Return where each pixel of the coarse grid was in the image before, x and y."""
        # Over a hole in the flow the past stays where it is.
        back = _without_holes(backward)
        x, y = self._columns + back[..., 0] / STRIDE, self._rows + back[..., 1] / STRIDE
        if past.flow is not None:
            onward = _without_holes(np.asarray(cv2.remap(
                past.flow, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32))
            x, y = x + onward[..., 0] / STRIDE, y + onward[..., 1] / STRIDE
        return np.asarray(x, np.float32), np.asarray(y, np.float32)

    def _with_past(self, new: Evidence, came_from: tuple[Map, Map], past: _Past) -> Evidence:
        """Return the mean over frames, by trust; what was hidden before has no past."""
        score, trust = (np.asarray(cv2.remap(image, *came_from, cv2.INTER_LINEAR), np.float32)
                        for image in past.evidence)
        memory = np.float32(self._options.memory)
        return joined(Evidence(score, memory * trust),
                      Evidence(new.score, (1 - memory) * new.trust))

    def _spread_by_trust(self, evidence: Evidence) -> tuple[Map, Map]:
        """Return the score averaged over neighbours that can be trusted, the nearest first.

        In the second one, trusted neighbours that disagree vote, however large their errors are.
        """
        vote = np.minimum(evidence.score, 2 * self._options.moving_score)
        weighted = np.stack([evidence.score * evidence.trust, vote * evidence.trust,
                             evidence.trust], axis=-1)
        total = sum(np.float32(share) * _blurred(weighted, std)
                    for std, share in self._options.spreads)
        weight = total[..., 2] + np.float32(1e-9)
        score, vote = (np.asarray(total[..., i] / weight, np.float32) for i in (0, 1))
        return score, vote


def shown_by_geometry(moving: Map, limit: float, vote: Map, moving_score: float) -> Map:
    """Return the probability (h, w), 0 in regions in which geometry sees nothing move at all.

    The network tells where a thing ends. That there is one has to show in the flow somewhere: on
    bare walls and dark screens flow is wrong and knows it.
    """
    count, region = cv2.connectedComponents((moving > limit).astype(np.uint8))
    is_shown = np.zeros(count, np.bool_)
    is_shown[region[vote > moving_score]] = True
    is_shown[0] = True          # what is around the regions
    return np.asarray(moving * is_shown[region], np.float32)


def _without_holes(flow: Flow) -> Flow:
    """Return flow that is 0 where it was not finite; few kinds of flow have such holes."""
    if np.isfinite(flow.sum()):
        return flow
    return np.asarray(np.nan_to_num(flow, posinf=0.0, neginf=0.0), np.float32)


def _blurred(image: Map, std: float) -> Map:
    """Return an image with a wide blur made in half the size, which is a quarter of the work."""
    if std < WIDE_STD:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), std), np.float32)
    height, width = image.shape[:2]
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cv2.GaussianBlur(half, (0, 0), std / 2), (width, height)),
                      np.float32)
