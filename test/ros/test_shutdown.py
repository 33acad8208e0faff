# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node ends when it is told to, at whatever moment, without a word of complaint."""

import signal
import time

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS
import pytest

Clip = list[NDArray[np.uint8]]


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_node_amid_images(
        node: NodeProcess, peer: Peer, clip: Clip, number: signal.Signals) -> None:
    peer.play(clip[:4])
    for index in range(4, 8):
        peer.publish(image_message(header_at(NANOSECONDS + index * PERIOD_NS), clip[index]))
    node.signal(number)
    assert node.wait(5) == 0
    assert 'Traceback' not in node.log


def test_more_interrupts_while_it_ends_are_harmless(
        node: NodeProcess, peer: Peer, clip: Clip) -> None:
    peer.play(clip[:4])
    while node.is_alive:
        node.signal(signal.SIGINT)
        time.sleep(0.005)
    assert node.wait() == 0
    assert 'Traceback' not in node.log


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_before_the_first_image(number: signal.Signals) -> None:
    node = NodeProcess()
    node.wait_for_log('compiling')
    while node.is_alive:
        node.signal(number)
        time.sleep(0.01)
    assert node.wait() == 0
    assert 'Traceback' not in node.log
