# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The clip that the demo renders itself: a sequence folder with truth, kept for the next run."""

from concurrent.futures import ThreadPoolExecutor
import hashlib
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm
import yaml

from anycam_ros.recordings.stamps import format_stamp, NANOSECONDS
from anycam_ros.recordings.writers.tum import tum_line
from anycam_ros.simulation import rendered_scene
from anycam_ros.simulation.rendered_scene import RenderedScene

JPEG_QUALITY = 95


def rendered_clip(folder: Path, duration_s: float) -> Path:
    """Return the folder with the clip, rendered unless it is there already."""
    scene = RenderedScene(duration_s=duration_s)
    marker, version = folder / 'version.txt', _version(duration_s)
    if marker.exists() and marker.read_text() == version:
        return folder
    for name in ('rgb', 'mask'):
        (folder / name).mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)   # one thread per frame instead
    with ThreadPoolExecutor() as pool:
        frames = pool.map(lambda index: _write_frame(scene, folder, index), range(len(scene)))
        for _ in tqdm(frames, 'rendering the clip', len(scene), unit='frame', delay=2,
                      disable=None):
            pass
    cv2.setNumThreads(-1)
    _write_texts(scene, folder)
    marker.write_text(version)
    return folder


def _version(duration_s: float) -> str:
    """Return what changes when the clip would look different."""
    digest = hashlib.sha256(str(duration_s).encode())
    for source in sorted(Path(rendered_scene.__file__).parent.glob('*.py')):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _write_frame(scene: RenderedScene, folder: Path, index: int) -> None:
    frame = scene.frame(index)
    cv2.imwrite(str(folder / f'rgb/{index:06d}.jpg'),
                cv2.cvtColor(frame.image_rgb, cv2.COLOR_RGB2BGR),
                [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    cv2.imwrite(str(folder / f'mask/{index:06d}.png'), frame.moving.astype(np.uint8) * 255)


def _write_texts(scene: RenderedScene, folder: Path) -> None:
    stamps_ns = [round(index * NANOSECONDS / scene.rate_hz) for index in range(len(scene))]
    (folder / 'timestamps.txt').write_text(''.join(
        f'{format_stamp(stamp_ns)} rgb/{index:06d}.jpg\n'
        for index, stamp_ns in enumerate(stamps_ns)))
    (folder / 'groundtruth.txt').write_text(''.join(
        tum_line(stamp_ns, scene.true_pose(index)) + '\n'
        for index, stamp_ns in enumerate(stamps_ns)))
    camera = scene.intrinsics
    (folder / 'camera.yaml').write_text(yaml.safe_dump(
        {'width': camera.width, 'height': camera.height, 'fx': camera.fx, 'fy': camera.fy,
         'cx': camera.cx, 'cy': camera.cy}, sort_keys=False))
