# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Visual odometry from one uncalibrated camera among moving things."""

from pkgutil import extend_path

# Run from the source tree, the generated anycam_ros.msg lives in another folder of this package.
__path__ = extend_path(__path__, __name__)
__version__ = '0.1.0'
