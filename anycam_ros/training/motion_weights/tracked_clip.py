# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the motion network sees while the odometry tracks a procedural clip, with the truth.

The pictures are rendered, but flow, motion and map are those of the front end itself, with all of
their errors.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.common.focal_prior import PRIOR_RATIO
from anycam_ros.frontend.geometric.load import load_geometric
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.networks.motion_weights.channels import (
    LIMIT,
    Map,
    MotionPrediction,
    NetworkFrame,
)
from anycam_ros.odometry import OdometryConfig
from anycam_ros.simulation.procedural import ProceduralClip, ProceduralFrame

STEPS = 127 / LIMIT              # of a stored input
SEGMENT = 4                      # frames on end, through which the state is carried
SPACING = 8                      # frames from segment to segment
LARGEST_ERROR = 1000.0           # over noise


class Segment(NamedTuple):
    """Hold some frames on end, on the network's grid."""

    inputs: NDArray[np.int8]         # (T, C, h, w) in STEPS
    came_by: NDArray[np.float16]     # (T, 2, h, w) from the own place to that in the frame before
    has_past: NDArray[np.bool_]      # (T,)
    error: NDArray[np.float16]       # (T, h, w)
    moving: NDArray[np.uint8]        # (T, h, w) 255 times the share that moves
    is_told: NDArray[np.bool_]       # (T, h, w) False where nobody could tell
    focal: NDArray[np.float32]       # () in image heights


class _Recorder:
    """Keep what the motion network would see, and leave the mask to geometry."""

    def __init__(self) -> None:
        self.seen: NetworkFrame | None = None

    def __call__(self, frame: NetworkFrame, moving_before: Map | None) -> MotionPrediction | None:
        """Keep a frame."""
        del moving_before
        self.seen = frame
        return None


def track_clip(clip: ProceduralClip) -> list[Segment]:
    """Return the segments of a clip; none where the odometry could not follow."""
    camera, recorder = clip.intrinsics, _Recorder()
    front_end = load_geometric(OdometryConfig(uncertainty='epipolar'), motion_network=recorder)(
        Intrinsics.centred(camera.width, camera.height,
                           PRIOR_RATIO * max(camera.width, camera.height)), False)
    frames: list[tuple[NetworkFrame, ProceduralFrame] | None] = []
    for index in range(len(clip)):
        frame = clip.frame(index)
        recorder.seen = None
        front_end.process(WorkingImage(frame.image_rgb, front_end.camera.intrinsics),
                          frame.stamp_s).complete()
        frames.append(None if recorder.seen is None else (recorder.seen, frame))
    focal = camera.fy / camera.height
    first = int(np.random.default_rng(clip.seed).integers(SPACING))
    segments = (frames[at:at + SEGMENT] for at in range(first, len(frames) - SEGMENT + 1, SPACING))
    return [_segment([pair for pair in each if pair is not None], focal)
            for each in segments if all(pair is not None for pair in each)]


def _segment(pairs: list[tuple[NetworkFrame, ProceduralFrame]], focal: float) -> Segment:
    seen, truths = zip(*pairs, strict=True)
    rows, columns = seen[0].error.shape
    place = np.stack(np.meshgrid(np.arange(columns), np.arange(rows))).astype(np.float32)

    def pooled(image: NDArray[np.bool_]) -> Map:
        return np.asarray(cv2.resize(image.astype(np.float32), (columns, rows),
                                     interpolation=cv2.INTER_AREA), np.float32)

    return Segment(
        inputs=np.stack([np.round(STEPS * frame.inputs).astype(np.int8) for frame in seen]),
        came_by=np.stack([np.zeros_like(place) if frame.came_from is None
                          else frame.came_from - place for frame in seen]).astype(np.float16),
        has_past=np.array([frame.came_from is not None for frame in seen]),
        error=np.stack([np.minimum(frame.error, LARGEST_ERROR)
                        for frame in seen]).astype(np.float16),
        moving=np.stack([np.round(255 * pooled(truth.moving)) for truth in truths]).astype(
            np.uint8),
        is_told=np.stack([pooled(truth.is_told) > 0.75 for truth in truths]),
        focal=np.float32(focal))
