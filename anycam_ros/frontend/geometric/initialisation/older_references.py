# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""References that are kept beside the newest one, for parallax that takes its time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import FocalPrior
from anycam_ros.frontend.geometric.initialisation.rotation_only import RotationOnlyTracker
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class OlderReferenceOptions:
    """Choose how many references are kept, and how far apart."""

    count: int = 3             # beside the newest one
    spacing_s: float = 1.0     # from one to the next: together they reach back four seconds
    spacing_frames: int = 10   # at least: parallax builds up over views, at a low rate as well


@dataclass
class OlderReference:
    """Hold a reference and how the camera has turned since."""

    rotation_only: RotationOnlyTracker
    stamp_s: float
    R_newest_reference: Array    # (3, 3) from it to the newest reference
    tracking: TrackingResult     # of the last image that was compared with it


Match = Callable[[OlderReference, Image, Array], FlowPair]
"""Return the flow from a reference to an image, given how the camera has turned since."""


class OlderReferences:
    """Compare each image with one of the references, by turns: flow is what takes the time."""

    def __init__(self, options: OlderReferenceOptions) -> None:
        self._references: deque[OlderReference] = deque(maxlen=options.count)

    def keep(self, rotation_only: RotationOnlyTracker, stamp_s: float,
             tracking: TrackingResult) -> None:
        """Keep the reference that the tracked image takes the place of."""
        R_newest_reference = tracking.T_camera_world[:3, :3]
        self._turn_by(R_newest_reference)
        self._references.append(OlderReference(rotation_only, stamp_s, R_newest_reference,
                                               tracking))

    def compare(self, image: Image, R_camera_newest: Array, prior: FocalPrior,
                match: Match) -> OlderReference | None:
        """Track an image from the reference whose turn it is; None when there is none.

        A reference that has left the view is dropped.
        """
        if not self._references:
            return None
        reference = self._references.popleft()
        R_camera_reference = R_camera_newest @ reference.R_newest_reference
        tracking = reference.rotation_only.track(
            image, match(reference, image, R_camera_reference), prior,
            is_stationary=False, R_start=R_camera_reference)
        if tracking is None:
            return None
        reference.tracking = tracking
        self._references.append(reference)
        return reference

    def clear(self) -> None:
        """Drop every reference."""
        self._references.clear()

    def _turn_by(self, R_newest_before: Array) -> None:
        for reference in self._references:
            reference.R_newest_reference = R_newest_before @ reference.R_newest_reference
