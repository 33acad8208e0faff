# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of images: plain ones, and sequences with stamps and calibration."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
import re

import yaml

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.messages.image import decompress_rgb
from anycam_ros.odometry.frame import Frame
from anycam_ros.recordings.readers.depth_folder import DepthFolder
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.stamps import NANOSECONDS, parse_stamp_ns

IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')
DEFAULT_FPS = 30.0


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a sorting key that puts frame_9 before frame_10."""
    return [(int(part) if part.isdigit() else -1, part)
            for part in re.split(r'(\d+)', path.name)]


def images_in(folder: Path) -> list[Path]:
    """Return the images of a folder in natural order."""
    return sorted((path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES),
                  key=natural_order)


class ImageFolder:
    """Read a folder of images in natural order, at a constant rate."""

    def __init__(self, path: Path, fps: float | None = None) -> None:
        """List the images; without fps, in frames per second, 30 is assumed."""
        self._files = images_in(path)
        self._rate_hz = DEFAULT_FPS if fps is None else fps
        assumed = ' (assumed; --fps sets it)' if fps is None else ''
        self.description = f'image folder {path} at {self._rate_hz:g} frames per second{assumed}'
        self.total: int | None = len(self._files)

    def __iter__(self) -> Iterator[SourceFrame]:
        stamps_ns = (round(index * NANOSECONDS / self._rate_hz)
                     for index in range(len(self._files)))
        return _frames(self._files, stamps_ns)


class SequenceFolder:
    """Read a folder with rgb/, timestamps.txt and, where known, camera.yaml and depth/.

    timestamps.txt holds one line per frame: seconds, then the image's path in the folder.
    camera.yaml holds width, height, fx, fy, cx, cy, px, and optionally distortion and
    distortion_model as in sensor_msgs/CameraInfo; DepthFolder tells what it may say of depth.
    """

    def __init__(self, path: Path, calibrated: bool = False, with_depth: bool = False) -> None:
        """Read the stamps and, when asked for, the calibration and where the depth is.

        Raises SourceError where they are unreadable.
        """
        entries = _read_stamps(path / 'timestamps.txt')
        self._stamps_ns = [stamp_ns for stamp_ns, _ in entries]
        self._files = [path / name for _, name in entries]
        self._intrinsics = read_camera(path / 'camera.yaml') if calibrated else None
        self._depth = DepthFolder(path) if with_depth else None
        self.description = f'sequence folder {path}'
        self.total: int | None = len(entries)

    def __iter__(self) -> Iterator[SourceFrame]:
        return _frames(self._files, self._stamps_ns, self._intrinsics, self._depth)


def _frames(files: Sequence[Path], stamps_ns: Iterable[int],
            intrinsics: Intrinsics | None = None,
            depth: DepthFolder | None = None) -> Iterator[SourceFrame]:
    for index, (file, stamp_ns) in enumerate(zip(files, stamps_ns, strict=True)):
        yield SourceFrame(index, stamp_ns, file.name, '',
                          partial(_load, file, stamp_ns, intrinsics, depth))


def _load(file: Path, stamp_ns: int, intrinsics: Intrinsics | None,
          depth: DepthFolder | None) -> Frame:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FrameError(f'image {file} cannot be read: {error.strerror}.') from error
    depth_m = None if depth is None else depth.depth_m(file)
    return Frame(stamp_ns * 1e-9, decompress_rgb(data), depth_m, intrinsics)


def _read_stamps(file: Path) -> list[tuple[int, str]]:
    entries = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        fields = line.split(maxsplit=1)
        if not fields or fields[0].startswith('#'):
            continue
        try:
            stamp, name = fields
            entries.append((parse_stamp_ns(stamp), name))
        except ValueError:
            raise SourceError(f'{file} line {number} is {line!r}; each line must hold the stamp '
                              'in seconds and the path of the image.') from None
    if not entries:
        raise SourceError(f'{file} names no image; each line must hold the stamp in seconds and '
                          'the path of the image.')
    return entries


def read_camera(file: Path) -> Intrinsics:
    """Return the camera that camera.yaml describes; raises SourceError where there is none."""
    way_out = 'Leave out --intrinsics given and the focal length is estimated.'
    if not file.exists():
        raise SourceError(f'{file} does not exist. {way_out}')
    try:
        values = yaml.safe_load(file.read_text())
        fx, fy, cx, cy = (float(values[name]) for name in ('fx', 'fy', 'cx', 'cy'))
        return Intrinsics(
            width=int(values['width']), height=int(values['height']), fx=fx, fy=fy, cx=cx, cy=cy,
            distortion=tuple(float(value) for value in values.get('distortion') or ()),
            distortion_model=values.get('distortion_model', 'plumb_bob'))
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise SourceError(f'{file} is unusable ({error!r}); it must hold width, height, fx, fy, '
                          f'cx and cy as numbers. {way_out}') from error
