# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The status says how much of the image is fixed to the camera."""

from peer import Peer
import pytest

from anycam_ros.simulation.rendered_scene import RenderedScene


@pytest.mark.usefixtures('node')
def test_black_bars_are_published_as_a_share(peer: Peer) -> None:
    scene = RenderedScene(320, 240, moving=False)
    pictures = []
    for index in range(95):
        picture = scene.frame(index).image_rgb.copy()
        picture[:36], picture[-36:] = 0, 0
        pictures.append(picture)
    statuses = peer.play(pictures)
    assert statuses[1].fixed_share == 0
    assert statuses[-1].fixed_share == pytest.approx(72 / 240, abs=0.1)
