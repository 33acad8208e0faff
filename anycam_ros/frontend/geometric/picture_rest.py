# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What rests in the picture, and why: the camera stands, or it is fixed to the camera."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.resting_cells import RestingCells, RestingCellsOptions
from anycam_ros.frontend.common.stationarity import StationarityDetector, StationarityOptions
from anycam_ros.frontend.geometric.segmentation.image_fixed import ImageFixed, ImageFixedOptions
from anycam_ros.frontend.working_image import half_size


@dataclass(frozen=True)
class PictureRestOptions:
    """Gather the options of what rests."""

    cells: RestingCellsOptions = field(default_factory=RestingCellsOptions)
    stationarity: StationarityOptions = field(default_factory=StationarityOptions)
    image_fixed: ImageFixedOptions = field(default_factory=ImageFixedOptions)


class PictureRest:
    """Follow from grey values alone what rests; it knows of no map and outlives them all."""

    def __init__(self, shape: tuple[int, int], options: PictureRestOptions) -> None:
        """Take the shape (H, W) of the working image."""
        self._cells = RestingCells(options.cells)
        self._stationarity = StationarityDetector(options.stationarity)
        self._fixed = ImageFixed(shape, options.image_fixed)

    def update(self, image: Image, stamp_s: float) -> None:
        """Take the newest working image, in grey."""
        half = half_size(image)
        self._cells.update(half, stamp_s)
        self._fixed.update(self._cells, half)
        self._stationarity.update(self._cells, half, self._fixed.cells,
                                  is_crossed=self._fixed.is_crossed)

    @property
    def is_stationary(self) -> bool:
        """Return whether the camera stands, what is fixed to it aside."""
        return self._stationarity.is_stationary

    @property
    def is_at_rest_for_long(self) -> bool:
        """Return whether the camera has stood for so long that it does not creep either."""
        return self._stationarity.is_at_rest_for_long

    @property
    def left_out(self) -> NDArray[np.bool_]:
        """Return the mask (H, W) of what is fixed to the camera.

        What may be is part of it as long as the rest moves: as the world it would hold the
        camera, and without it little is lost.
        """
        return self._fixed.mask if self.is_stationary else self._fixed.suspected

    @property
    def has_grown(self) -> bool:
        """Return whether the newest image has shown more that is fixed to the camera."""
        return self._fixed.has_grown

    @property
    def fixed_share(self) -> float:
        """Return the share of the image that is fixed to the camera."""
        return self._fixed.share
