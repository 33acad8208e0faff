# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""References beside the newest: each in its turn, until it leaves the view."""

import cv2
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, WIDTH

from anycam_ros.flow.dense_flow import Image
from anycam_ros.flow.dis import DisFlow
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import MatchingOptions
from anycam_ros.frontend.geometric.estimation.two_view_geometry import FocalPrior, TwoViewOptions
from anycam_ros.frontend.geometric.initialisation.older_references import (
    OlderReference,
    OlderReferenceOptions,
    OlderReferences,
)
from anycam_ros.frontend.geometric.initialisation.rotation_only import (
    RotationOnlyOptions,
    RotationOnlyTracker,
)
from anycam_ros.frontend.geometric.mapping.seeding import SeedingOptions
from anycam_ros.geometry.se3 import Array, so3_log

GIVEN = FocalPrior(FOCAL_PX, np.inf)
TURN_RAD = 0.04                  # from one image to the next, about the optical axis


def view(turn_rad: float) -> Image:
    """Return a far scene, turned about the optical axis."""
    rng = np.random.default_rng(0)
    noise = sum(std * cv2.GaussianBlur(rng.normal(size=(2 * HEIGHT, 2 * WIDTH)), (0, 0), std)
                for std in (1.5, 4, 12))
    poster = cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    K = CAMERA.intrinsics.matrix
    to_poster = np.array([[1, 0, WIDTH / 2], [0, 1, HEIGHT / 2], [0, 0, 1]])
    H = K @ motion((0, 0, turn_rad), (0, 0, 0))[:3, :3] @ np.linalg.inv(K)
    return cv2.warpPerspective(poster, H @ np.linalg.inv(to_poster), (WIDTH, HEIGHT))


def match(reference: OlderReference, image: Image, _: Array) -> FlowPair:
    return FlowPair(*DisFlow().both_ways(reference.rotation_only.reference, image))


def rotation_only_at(image: Image) -> RotationOnlyTracker:
    return RotationOnlyTracker(CAMERA, image, RotationOnlyOptions(), MatchingOptions(),
                               TwoViewOptions(), SeedingOptions(), np.zeros(image.shape, np.bool_))


@pytest.fixture
def two_references() -> OlderReferences:
    """Return the first two of three images, kept while the third is the newest reference."""
    older = OlderReferences(OlderReferenceOptions())
    images = [view(index * TURN_RAD) for index in range(3)]
    for index in range(2):
        rotation_only = rotation_only_at(images[index])
        pair = FlowPair(*DisFlow().both_ways(images[index], images[index + 1]))
        tracking = rotation_only.track(images[index + 1], pair, GIVEN, is_stationary=False)
        assert tracking is not None
        older.keep(rotation_only, float(index), tracking)
    return older


def test_each_reference_is_compared_in_its_turn(two_references: OlderReferences) -> None:
    image, R_camera_newest = view(3 * TURN_RAD), motion((0, 0, TURN_RAD), (0, 0, 0))[:3, :3]
    for expected_s, turn_rad in ((0.0, 3 * TURN_RAD), (1.0, 2 * TURN_RAD), (0.0, 3 * TURN_RAD)):
        reference = two_references.compare(image, R_camera_newest, GIVEN, match)
        assert reference is not None
        assert reference.stamp_s == expected_s
        found = so3_log(reference.tracking.T_camera_world[:3, :3])
        np.testing.assert_allclose(found, [0, 0, turn_rad], atol=0.002)
        published = so3_log(R_camera_newest @ reference.R_newest_reference)
        np.testing.assert_allclose(published, [0, 0, turn_rad], atol=0.004)


def test_reference_out_of_view_is_dropped(two_references: OlderReferences) -> None:
    other = np.ascontiguousarray(view(0.0)[::-1, ::-1])
    for _ in range(2):
        assert two_references.compare(other, np.eye(3), GIVEN, match) is None
    assert two_references.compare(view(2 * TURN_RAD), np.eye(3), GIVEN, match) is None
