# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The newest message wins, and nothing is lost silently."""

from threading import Thread

from anycam_ros.node.mailbox import Mailbox


def test_newest_message_wins_and_the_others_are_counted() -> None:
    mailbox: Mailbox[int] = Mailbox()
    for number in range(5):
        mailbox.put(number)
    assert mailbox.take(timeout_s=0) == 4
    assert mailbox.take(timeout_s=0) is None
    assert (mailbox.received, mailbox.dropped) == (5, 4)


def test_closing_wakes_who_waits_and_delivers_nothing_more() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    waiting = Thread(target=lambda: taken.append(mailbox.take(timeout_s=60)))
    waiting.start()
    mailbox.close()
    waiting.join(10)
    assert not waiting.is_alive()
    mailbox.put(1)
    assert taken == [None]
    assert mailbox.take(timeout_s=0) is None


def test_what_waits_when_it_closes_counts_as_dropped() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    mailbox.close()
    mailbox.put(2)
    mailbox.open()
    assert mailbox.take(timeout_s=0) is None
    assert (mailbox.received, mailbox.dropped) == (1, 1)


def test_message_between_threads_is_delivered_once() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def consume() -> None:
        while not mailbox.closed:
            message = mailbox.take(timeout_s=0.01)
            if message is not None:
                taken.append(message)
    consumer = Thread(target=consume)
    consumer.start()
    for number in range(2000):
        mailbox.put(number)
    while len(taken) + mailbox.dropped < mailbox.received:
        pass
    mailbox.close()
    consumer.join(10)
    assert taken == sorted(set(taken))
    assert taken[-1] == 1999
