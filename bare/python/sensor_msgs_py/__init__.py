# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of sensor_msgs_py that the node uses, with the interface of the real package."""
