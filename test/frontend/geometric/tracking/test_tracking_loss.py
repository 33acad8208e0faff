# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a map is kept that images do not match, or contradict."""

from anycam_ros.frontend.geometric.tracking.tracking_loss import TrackingLoss, TrackingLossOptions

OPTIONS = TrackingLossOptions()


def test_map_is_kept_while_something_passes_in_front() -> None:
    loss = TrackingLoss(OPTIONS)
    loss.miss(1.0)
    loss.miss(1.0 + 0.9 * OPTIONS.unseen_s)
    assert not loss.is_final(1.0 + 0.9 * OPTIONS.unseen_s)
    loss.see(2.0, contradicts=False)
    loss.miss(2.1)
    assert not loss.is_final(2.1)
    assert loss.is_final(2.2 + OPTIONS.unseen_s)


def test_map_that_images_contradict_is_given_up_within_half_a_second() -> None:
    loss = TrackingLoss(OPTIONS)
    for stamp_s in (0.0, 0.2, 0.4):
        loss.see(stamp_s, contradicts=True)
        assert not loss.is_final(stamp_s)
    loss.see(0.5, contradicts=True)
    assert loss.is_final(0.5)
    loss.see(0.6, contradicts=False)
    assert not loss.is_final(2.0)


def test_new_map_begins_without_a_past() -> None:
    loss = TrackingLoss(OPTIONS)
    loss.see(0.0, contradicts=True)
    loss.miss(0.1)
    loss.forget()
    assert not loss.is_final(9.0)
