# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many cores this process may use at once: a robot has other things to compute."""

import os
import sys

import cv2

MANY = 3       # cores from which on one is left to the others


def limit_threads(threads: int) -> int:
    """Tell OpenCV, and PyTorch where it is loaded, how many threads to use; return the number.

    0 is all cores that the process may run on, but one where there are three or more. The setting
    is the whole process's, so that it is made by the node and the command line, not by the
    odometry. Compiled kernels of this package use one thread.
    """
    chosen = threads or default_threads(available_cores())
    cv2.setNumThreads(chosen)
    torch = sys.modules.get('torch')
    if torch is not None:
        torch.set_num_threads(chosen)
    return chosen


def default_threads(cores: int) -> int:
    """Return how many threads to use of so many cores."""
    return cores - 1 if cores >= MANY else cores


def available_cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0))
