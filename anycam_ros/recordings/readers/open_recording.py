# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Open a recording of any kind."""

from collections.abc import Iterable
from pathlib import Path

from anycam_ros.errors import DependencyError, SourceError
from anycam_ros.odometry import Speed
from anycam_ros.recordings.readers.frame_source import FrameSource
from anycam_ros.recordings.readers.image_folder import (
    IMAGE_SUFFIXES,
    ImageFolder,
    images_in,
    SequenceFolder,
)
from anycam_ros.recordings.readers.video import VideoSource

BAG_SUFFIXES = ('.mcap', '.db3')
KINDS = ('a ROS 2 bag (.mcap, .db3 or their folder), a video file, a folder of images, or a '
         'sequence folder (rgb/ and timestamps.txt)')


def open_recording(path: Path, *, topic: str | None = None, fps: float | None = None,
                calibrated: bool = False, with_depth: bool = False,
                depth_topic: str | None = None) -> FrameSource:
    """Open a recording of any kind.

    topic chooses among several image topics of a bag, depth_topic among several with depth; fps,
    in frames per second, replaces the stamps of videos and gives those of image folders;
    calibrated asks for frames with intrinsics, with_depth for frames with depth. Raises
    SourceError for what cannot be read.
    """
    if not path.exists():
        raise SourceError(f'{path} does not exist. Give {KINDS}.')
    if depth_topic is not None and not with_depth:
        raise SourceError(f'--depth-topic {depth_topic} is given, but depth is not asked for. Add '
                          '--depth topic.')
    try:
        is_bag, is_sequence = _is_bag(path), (path / 'timestamps.txt').is_file()
        _check_options(path, is_bag, is_sequence, topic, depth_topic, fps)
        if is_bag:
            return _open_bag(path, topic, calibrated, with_depth, depth_topic)
        if is_sequence:
            return SequenceFolder(path, calibrated, with_depth)
        if with_depth:
            raise SourceError(f'{path} comes without depth, but --depth topic asks for it. Use a '
                              'bag with a depth topic or a sequence folder with depth/, or leave '
                              'it out.')
        if calibrated:
            raise SourceError(f'{path} comes without a calibration, but --intrinsics given asks '
                              'for one. Use a bag with camera_info or a sequence folder with '
                              'camera.yaml, or leave it out: the focal length is estimated.')
        return _open_images(path, fps) if path.is_dir() else _open_file(path, fps)
    except OSError as error:
        raise SourceError(f'{path} cannot be read: {error.strerror}.') from error


def open_speeds(path: Path, are_wanted: bool, topic: str | None) -> Iterable[Speed]:
    """Return the speeds that a bag holds beside the images; none where none are wanted.

    topic chooses among several topics. Raises SourceError for what has no speeds.
    """
    if not are_wanted:
        if topic is not None:
            raise SourceError(f'--scale-topic {topic} is given, but speeds are not asked for. Add '
                              '--scale-source topic.')
        return ()
    if not _is_bag(path):
        raise SourceError(f'{path} comes without speeds, but --scale-source topic asks for them. '
                          'Use a bag with a topic of nav_msgs/Odometry, or leave it out.')
    from anycam_ros.recordings.readers.bag_speeds import BagSpeeds
    return BagSpeeds(path, topic)


def _check_options(path: Path, is_bag: bool, is_sequence: bool, topic: str | None,
                   depth_topic: str | None, fps: float | None) -> None:
    for option, name in (('--topic', topic), ('--depth-topic', depth_topic)):
        if name is not None and not is_bag:
            raise SourceError(f'{option} {name} is given, but {path} is no bag. Leave it out.')
    if fps is not None and (is_bag or is_sequence):
        raise SourceError(f'--fps {fps:g} is given, but {path} has stamps of its own. Leave it '
                          'out.')


def _is_bag(path: Path) -> bool:
    if path.is_file():
        return path.suffix in BAG_SUFFIXES
    return (path / 'metadata.yaml').exists() \
        or any(file.suffix in BAG_SUFFIXES for file in path.iterdir())


def _open_bag(path: Path, topic: str | None, calibrated: bool, with_depth: bool,
              depth_topic: str | None) -> FrameSource:
    try:
        from anycam_ros.recordings.readers.bag import BagSource
    except ImportError as error:
        raise DependencyError(f'{path} is a bag, and reading it needs a package that is missing '
                              f'({error}). Run: pip install rosbags mcap') from error
    return BagSource(path, topic, calibrated=calibrated, with_depth=with_depth,
                     depth_topic_name=depth_topic)


def _open_images(path: Path, fps: float | None) -> FrameSource:
    if images_in(path):
        return ImageFolder(path, fps)
    raise SourceError(f'{path} is a folder without images ({", ".join(IMAGE_SUFFIXES)}), bag '
                      f'files or timestamps.txt. Give {KINDS}.')


def _open_file(path: Path, fps: float | None) -> FrameSource:
    if path.suffix == '.bag':
        raise SourceError(f'{path} is a ROS 1 bag. Convert it: rosbags-convert --src {path} '
                          f'--dst {path.with_suffix("")}')
    if path.suffix.lower() in IMAGE_SUFFIXES:
        raise SourceError(f'{path} is a single image. Give {KINDS}.')
    return VideoSource(path, fps)
