# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The newest message wins, and nothing is lost silently."""

from threading import Thread

from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue


def test_newest_message_wins_and_the_others_are_counted() -> None:
    image_queue: LatestOnlyQueue[int] = LatestOnlyQueue()
    for number in range(5):
        image_queue.put(number)
    assert image_queue.take(timeout_s=0) == 4
    assert image_queue.take(timeout_s=0) is None
    assert (image_queue.received, image_queue.dropped) == (5, 4)


def test_closing_wakes_who_waits_and_delivers_nothing_more() -> None:
    image_queue: LatestOnlyQueue[int] = LatestOnlyQueue()
    taken: list[int | None] = []
    waiting = Thread(target=lambda: taken.append(image_queue.take(timeout_s=60)))
    waiting.start()
    image_queue.close()
    waiting.join(10)
    assert not waiting.is_alive()
    image_queue.put(1)
    assert taken == [None]
    assert image_queue.take(timeout_s=0) is None


def test_what_waits_when_it_closes_counts_as_dropped() -> None:
    image_queue: LatestOnlyQueue[int] = LatestOnlyQueue()
    image_queue.put(1)
    image_queue.close()
    image_queue.put(2)
    image_queue.open()
    assert image_queue.take(timeout_s=0) is None
    assert (image_queue.received, image_queue.dropped) == (1, 1)


def test_message_between_threads_is_delivered_once() -> None:
    image_queue: LatestOnlyQueue[int] = LatestOnlyQueue()
    taken: list[int] = []

    def consume() -> None:
        while not image_queue.closed:
            message = image_queue.take(timeout_s=0.01)
            if message is not None:
                taken.append(message)
    consumer = Thread(target=consume)
    consumer.start()
    for number in range(2000):
        image_queue.put(number)
    while len(taken) + image_queue.dropped < image_queue.received:
        pass
    image_queue.close()
    consumer.join(10)
    assert taken == sorted(set(taken))
    assert taken[-1] == 1999
