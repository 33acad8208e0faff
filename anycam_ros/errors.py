# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exceptions of anycam_ros: one base, one subclass per concern."""


class AnyCamError(Exception):
    """Base of every error that anycam_ros raises on purpose."""


class ConfigError(AnyCamError, ValueError):
    """A configuration value is outside of what is allowed."""


class FrameError(AnyCamError, ValueError):
    """A frame cannot be processed; it is skipped and the state stays as it was."""


class StampError(FrameError):
    """A frame's stamp does not follow the one before it."""


class SpeedError(AnyCamError, ValueError):
    """A measured speed cannot be used; it is skipped."""


class PoseError(AnyCamError, ValueError):
    """A pose that the odometry is asked to take is none."""


class SourceError(AnyCamError):
    """An input (bag, video, folder) cannot be read, or breaks off."""


class OutputError(AnyCamError):
    """A result cannot be written."""


class DependencyError(AnyCamError, ImportError):
    """An optional package that the chosen option needs is not installed."""


class WeightsError(AnyCamError):
    """The weights of a network are missing, or are not those of that network."""


class TrainingError(AnyCamError):
    """A training cannot go on."""


class TracksError(AnyCamError, ValueError):
    """Tracks, poses or priors do not fit together."""
