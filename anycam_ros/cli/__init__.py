# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command line: one file per command."""

from anycam_ros.cli.command_line import main

__all__ = ['main']
