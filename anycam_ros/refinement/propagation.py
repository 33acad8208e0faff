# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refined key frames propagated to the frames between them."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import TracksError
from anycam_ros.geometry.se3 import Array, inverse, so3_exp, so3_log


def propagate_key_frames(T_world_camera: Array, key_frames: NDArray[np.int64],
                         T_world_key: Array) -> Array:
    """Return all poses (F, 4, 4) after the key frames (K,) moved to T_world_key (K, 4, 4).

    A frame keeps its motion relative to the key frame before it and to the one after; where the
    two disagree, it lies between by the share of frames. Before the first and after the last key
    frame it follows the nearest one.
    """
    frames = len(T_world_camera)
    if not len(key_frames) or (np.diff(key_frames) <= 0).any() or key_frames[0] < 0 \
            or key_frames[-1] >= frames:
        raise TracksError(f'key_frames is {key_frames}; it must be increasing, within 0 to '
                          f'{frames - 1}.')
    # Of each key frame: where it was, to where it is.
    correction = T_world_key @ inverse(T_world_camera[key_frames])
    after = np.searchsorted(key_frames, np.arange(frames), side='right')
    out = np.empty((frames, 4, 4))
    for i, following in enumerate(after):
        before = following - 1
        if before < 0 or following == len(key_frames):
            out[i] = correction[max(before, 0)] @ T_world_camera[i]
            continue
        share = (i - key_frames[before]) / (key_frames[following] - key_frames[before])
        out[i] = _between(correction[before] @ T_world_camera[i],
                          correction[following] @ T_world_camera[i], share)
    out[key_frames] = T_world_key
    return out


def _between(T_first: Array, T_second: Array, share: float) -> Array:
    """Return the pose at a share of the way between two poses (4, 4)."""
    out = np.eye(4)
    turn = so3_log(T_first[:3, :3].T @ T_second[:3, :3])
    out[:3, :3] = T_first[:3, :3] @ so3_exp(share * turn)
    out[:3, 3] = (1 - share) * T_first[:3, 3] + share * T_second[:3, 3]
    return out
