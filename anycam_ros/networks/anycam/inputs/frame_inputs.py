# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes into the network: colour, flow and depth of a frame as one image of six channels."""

import torch
from torch import Tensor
from torch.nn import functional

from anycam_ros.errors import FrameError

MEAN = (0.485, 0.456, 0.406)          # of ImageNet
STD = (0.229, 0.224, 0.225)
CHANNELS = {'images': 3, 'flow': 2, 'depth': 1}


def check_window(images: Tensor, flow: Tensor, depth: Tensor) -> None:
    """Raise FrameError where the inputs of a window do not fit together."""
    shape = tuple(images.shape)
    for (name, channels), value in zip(CHANNELS.items(), (images, flow, depth), strict=True):
        expected = (*shape[:2], channels, *shape[3:])
        if len(shape) != 5 or tuple(value.shape) != expected:
            raise FrameError(
                f'{name} is {tuple(value.shape)}; it must be (windows, frames, {channels}, '
                f'height, width), of the size of images, which are {shape}.')
    if shape[1] < 2:
        raise FrameError('the window has 1 frame; a motion needs at least 2.')


def stack_channels(images: Tensor, flow: Tensor, depth: Tensor, patch_size: int) -> Tensor:
    """Return frames (N, 6, H', W'), H' and W' the next multiples of the patch size.

    Takes RGB (N, 3, H, W) in [0, 1], flow (N, 2, H, W) in units in which the image spans
    [-1, 1], depth (N, 1, H, W) in 10 m.
    """
    geometry = torch.cat([flow, depth], dim=1)
    size = next_multiples(images.shape[-2:], patch_size)
    if size != tuple(images.shape[-2:]):
        images = functional.interpolate(images, size, mode='bilinear', align_corners=True)
        geometry = functional.interpolate(geometry, size, mode='nearest')
    # Plain numbers: a tensor of them would have the host wait until it is on the device.
    colours = [(images[:, channel:channel + 1] - mean) / std
               for channel, (mean, std) in enumerate(zip(MEAN, STD, strict=True))]
    return torch.cat([*colours, geometry], dim=1)


def next_multiples(size: tuple[int, ...], patch_size: int) -> tuple[int, int]:
    """Return height and width, raised to multiples of the patch size."""
    height, width = (-(-side // patch_size) * patch_size for side in size)
    return height, width
