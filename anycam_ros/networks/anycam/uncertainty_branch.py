# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The uncertainty branch: a dense prediction transformer (DPT, Ranftl et al. 2021).

It looks at one frame's features only, and shares all but its last layer between the candidates.
"""

from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.networks.anycam.config import NetworkConfig

KINDS = 2            # of uncertainty per candidate: of the flow, and of the distance, unused
FLOW_KIND = 0


class UncertaintyBranch(nn.Module):
    """Turn patch features into the Laplace scale of the flow, per focal length candidate."""

    def __init__(self, config: NetworkConfig) -> None:
        """Make the layers."""
        super().__init__()
        self.patch_size, self.candidates = config.patch_size, config.candidates
        resizes = ((4.0, 2.0, 1.0, 0.5), config.neck_channels)
        self.pyramid = nn.ModuleList(
            PyramidLevel(config.channels, neck, config.fusion_channels, factor)
            for factor, neck in zip(*resizes, strict=True))
        # Coarse to fine.
        self.fusion = nn.ModuleList(
            FusionLevel(config.fusion_channels, has_finer_input=level > 0)
            for level in range(len(self.pyramid)))
        self.head = UncertaintyHead(config.fusion_channels, config.head_channels,
                                    KINDS * config.candidates)

    def forward(self, patches: tuple[Tensor, ...]) -> Tensor:
        """Return what all candidates share, (N, head_channels, H, W), of patch features."""
        rows, columns = patches[0].shape[-2:]
        levels = [level(patch) for level, patch in zip(self.pyramid, patches, strict=True)][::-1]
        sizes = [level.shape[-2:] for level in levels[1:]]
        sizes.append((2 * levels[-1].shape[-2], 2 * levels[-1].shape[-1]))
        fused = None
        for fusion, level, size in zip(self.fusion, levels, sizes, strict=True):
            fused = fusion(level, fused, size)
        return self.head(fused, (rows * self.patch_size, columns * self.patch_size))

    def scale(self, shared: Tensor, size: tuple[int, int], candidate: int | None) -> Tensor:
        """Return the Laplace scale, (N, 1, H, W) of a candidate or (N, candidates, H, W) of all.

        In normalised flow units, of an image of the size. Only the asked rows of the last layer
        are computed.
        """
        rows = slice(FLOW_KIND, None, KINDS)
        if candidate is not None:
            first = KINDS * range(self.candidates)[candidate] + FLOW_KIND
            rows = slice(first, first + 1)
        return self.head.activate(shared, size, rows)


class PyramidLevel(nn.Module):
    """Bring the patch features of one level to its resolution and to the width of the fusion."""

    def __init__(self, channels: int, neck_channels: int, fusion_channels: int,
                 factor: float) -> None:
        """Make the layers; factor is the resolution over that of the patch grid."""
        super().__init__()
        self.project = nn.Conv2d(channels, neck_channels, 1)
        self.resize: nn.Module = nn.Identity()
        if factor > 1:
            self.resize = nn.ConvTranspose2d(neck_channels, neck_channels, int(factor),
                                             int(factor))
        elif factor < 1:
            self.resize = nn.Conv2d(neck_channels, neck_channels, 3, int(1 / factor), 1)
        self.widen = nn.Conv2d(neck_channels, fusion_channels, 3, padding=1, bias=False)

    def forward(self, patches: Tensor) -> Tensor:
        """Return (N, fusion_channels, h, w)."""
        return self.widen(self.resize(self.project(patches)))


class FusionLevel(nn.Module):
    """Add one level to the coarser ones."""

    def __init__(self, channels: int, *, has_finer_input: bool) -> None:
        """Make the layers; the coarsest level has nothing to be added to."""
        super().__init__()
        self.level_unit = ResidualUnit(channels) if has_finer_input else None
        self.fused_unit = ResidualUnit(channels)
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(self, level: Tensor, coarser: Tensor | None, size: tuple[int, int]) -> Tensor:
        """Return the fused levels (N, channels, *size)."""
        if self.level_unit is None or coarser is None:
            fused = level
        else:
            fused = coarser + self.level_unit(level)
        # Resizing works on positions, the projection on channels: in this order, which is not
        # that of the reference but gives the same, the projection has a quarter of the work.
        fused = self.project(self.fused_unit(fused))
        return functional.interpolate(fused, size, mode='bilinear', align_corners=True)


class ResidualUnit(nn.Module):
    """Two convolutions, activated before."""

    def __init__(self, channels: int) -> None:
        """Make the layers."""
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Return an image (N, channels, h, w) of the same size."""
        return image + self.second(functional.relu_(self.first(functional.relu(image))))


class UncertaintyHead(nn.Module):
    """Turn fused features into uncertainty."""

    def __init__(self, fusion_channels: int, head_channels: int, outputs: int) -> None:
        """Make the layers."""
        super().__init__()
        self.narrow = nn.Conv2d(fusion_channels, fusion_channels // 2, 3, padding=1)
        self.smooth = nn.Conv2d(fusion_channels // 2, head_channels, 3, padding=1)
        self.output = nn.Conv2d(head_channels, outputs, 1)

    def forward(self, fused: Tensor, size: tuple[int, int]) -> Tensor:
        """Return what all outputs share, (N, head_channels, *size)."""
        narrow = functional.interpolate(self.narrow(fused), size, mode='bilinear',
                                        align_corners=True)
        return functional.relu_(self.smooth(narrow))

    def activate(self, shared: Tensor, size: tuple[int, int], rows: slice) -> Tensor:
        """Return some of the outputs, (N, outputs, *size)."""
        weight, bias = (getattr(self.output, name)[rows] for name in ('weight', 'bias'))
        out = functional.conv2d(shared, weight, bias)
        if out.shape[-2:] != size:
            out = functional.interpolate(out, size, mode='bilinear', align_corners=True)
        return functional.softplus(out)
