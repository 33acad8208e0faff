# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered clips that several tests share, and runs of the odometry over them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.frontend.geometric import load
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry import Frame, OdometryConfig, OdometryEstimate, VisualOdometry
from anycam_ros.simulation.rendered_scene import CameraPath, RenderedFrame, RenderedScene

WIDTH, HEIGHT = 448, 336     # the working size: nothing is resized on the way
RATE_HZ = 30.0


@dataclass(frozen=True, eq=False)
class Clip:
    """Hold rendered frames and the camera that took them."""

    rendered: list[RenderedFrame]
    intrinsics: Intrinsics

    def __len__(self) -> int:
        return len(self.rendered)

    def frame(self, index: int, stamp_s: float | None = None) -> Frame:
        """Return one frame for the odometry, at its own stamp unless another is given."""
        rendered = self.rendered[index]
        return Frame(rendered.stamp_s if stamp_s is None else stamp_s, rendered.image_rgb,
                     intrinsics=self.intrinsics)

    @property
    def frames(self) -> list[Frame]:
        return [self.frame(index) for index in range(len(self))]

    @property
    def positions_m(self) -> NDArray[np.float64]:
        """Return the true camera positions (N, 3)."""
        return self.true_poses[:, :3, 3]

    @property
    def true_poses(self) -> NDArray[np.float64]:
        """Return the true poses (N, 4, 4), optical axes."""
        return np.array([rendered.T_world_camera for rendered in self.rendered])


def render_clip(path: CameraPath, count: int, *, moving: bool = True, noise: float = 2.0) -> Clip:
    scene = RenderedScene(WIDTH, HEIGHT, path=path, moving=moving, noise=noise, rate_hz=RATE_HZ)
    return Clip([scene.frame(index) for index in range(count)], scene.intrinsics)


def to_and_fro(clip: Clip, count: int) -> Iterator[Frame]:
    """Play the clip forward and back, over and over: nothing jumps, and the stamps go on."""
    last = len(clip) - 1
    for index in range(count):
        phase = index % (2 * last)
        yield clip.frame(min(phase, 2 * last - phase), index / RATE_HZ)


def run(frames: Iterable[Frame], odometry: VisualOdometry | None = None, **config: object) \
        -> list[OdometryEstimate]:
    """Return the estimates for the frames; the first frame of a run has none."""
    odometry = odometry or VisualOdometry(OdometryConfig(**config))
    estimates = [odometry.process(frame) for frame in frames]
    return [estimate for estimate in estimates if estimate is not None]


def positions(estimates: Iterable[OdometryEstimate]) -> NDArray[np.float64]:
    return np.array([estimate.T_odom_camera[:3, 3] for estimate in estimates])


def poses(estimates: Iterable[OdometryEstimate]) -> bytes:
    """Return every pose, to the last bit."""
    return b''.join(estimate.T_odom_camera.tobytes() for estimate in estimates)


def with_picture(frame: Frame, image_rgb: NDArray[np.uint8]) -> Frame:
    return replace(frame, image_rgb=image_rgb)


def intersection_over_union(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return how well masks agree, pooled over all pixels."""
    return float((found & truth).sum() / max((found | truth).sum(), 1))


def working_image(image_rgb: NDArray[np.uint8]) -> WorkingImage:
    """Return an image that is processed in its own size."""
    height, width = image_rgb.shape[:2]
    return WorkingImage(image_rgb, Intrinsics.centred(width, height, float(width)))


def process_smaller_images(patch: pytest.MonkeyPatch, area_px: int) -> None:
    """Let the geometric front ends to come work in another size, which is quicker."""
    options = replace(GeometricOptions(), working_area_px=area_px)
    patch.setattr(load, 'load_geometric', partial(load.load_geometric, options=options))
