# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a refinement minimises and what it may move."""

from dataclasses import dataclass
import math

from anycam_ros.errors import ConfigError
from anycam_ros.refinement.terms.robust import KERNELS


@dataclass(frozen=True)
class RefinementConfig:
    """Configure refine(); the defaults minimise the paper's objective without its smoothness."""

    kernel: str = 'l1'                # 'l1' (equation 16), 'huber' or 'cauchy'
    delta_px: float = 1.0             # robust threshold of huber and cauchy
    maximum_iterations: int = 40
    tolerance: float = 5e-4           # stop at this relative decrease of the cost
    estimate_focal: bool = True
    estimate_k1: bool = False         # radial distortion: p = f u (1 + k1 |u|^2)
    fixed_frames: int = 1             # that many of the oldest poses stay as they are
    fixed_scale: bool = True          # with one pose fixed: the widest baseline stays as long
    smoothness: float = 0.0           # lambda of (19) for residuals in px: 0.1 W / 2 in the paper
    inlier_px: float = 3.0            # residuals beyond are not explained by the camera's motion

    def __post_init__(self) -> None:
        """Raise ConfigError for a value outside of its range."""
        allowed = {
            'kernel': (self.kernel in KERNELS, 'one of ' + ', '.join(map(repr, KERNELS))),
            'delta_px': (0.0 < self.delta_px < math.inf, 'above 0 px'),
            'maximum_iterations': (self.maximum_iterations >= 1, 'at least 1'),
            'tolerance': (0.0 <= self.tolerance < 1.0, '0 to below 1'),
            'fixed_frames': (self.fixed_frames >= 0, 'at least 0'),
            'smoothness': (0.0 <= self.smoothness < math.inf, 'at least 0'),
            'inlier_px': (0.0 < self.inlier_px < math.inf, 'above 0 px'),
        }
        for name, (fits, what) in allowed.items():
            if not fits:
                raise ConfigError(f'{name} is {getattr(self, name)!r}; allowed: {what}.')
