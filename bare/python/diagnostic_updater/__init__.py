# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of diagnostic_updater that the node uses, with the interface of the real package."""

from diagnostic_updater.status_wrapper import DiagnosticStatusWrapper
from diagnostic_updater.updater import Updater

__all__ = ['DiagnosticStatusWrapper', 'Updater']
