# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network at the front of the odometry: units, choices, and what it does without input."""

from dataclasses import replace

from clips import Clip, HEIGHT, render_clip, WIDTH, working_image
import numpy as np
import pytest
from small_network import make_small_network
import torch

from anycam_ros.depth.depth_model import DepthModel
from anycam_ros.flow.dis import DisFlow
from anycam_ros.frontend.common.stage_timer import STAGES
from anycam_ros.frontend.motion_estimate import LengthUnit, MotionEstimate, TrackingState
from anycam_ros.frontend.network.device_upload import View
from anycam_ros.frontend.network.front_end import NetworkFrontEnd, NetworkOptions
from anycam_ros.frontend.network.pose_information import NEAREST_M, pose_information
from anycam_ros.frontend.network.stream_window import StreamFrame, StreamWindow
from anycam_ros.frontend.reason import Cause
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.networks.anycam.induced_flow import induced_flow
from anycam_ros.networks.anycam.inputs.preprocessing import (
    CentreSquare,
    normalised_flow,
    reference_flow_factor,
    without_holes,
)
from anycam_ros.simulation.rendered_scene import hand_held

CPU = torch.device('cpu')
LEFT = (WIDTH - HEIGHT) // 2


@pytest.fixture(scope='module')
def clip() -> Clip:
    return render_clip(hand_held, 6, moving=False)


def make_motion(*, known_px: float | None = None, refines: bool = False,
                as_reference: bool = False) -> NetworkFrontEnd:
    camera = ProcessingCamera(Intrinsics.centred(WIDTH, HEIGHT, known_px or 400.0),
                              known_px is not None)
    return NetworkFrontEnd(make_small_network(), camera, DisFlow(), CPU,
                           NetworkOptions(refines=refines, flow_as_reference=as_reference))


def run(motion: NetworkFrontEnd, clip: Clip) -> list[MotionEstimate]:
    return [motion.process(working_image(rendered.image_rgb), rendered.stamp_s, rendered.depth_m)
            for rendered in clip.rendered]


def pushed_by_hand(clip: Clip) -> tuple[list[Array], torch.Tensor]:
    """Return what the network itself says of the frames, candidate by candidate, m."""
    window, poses, estimate = StreamWindow(make_small_network(), 8), [], None
    images = [rendered.image_rgb[:, LEFT:LEFT + HEIGHT] for rendered in clip.rendered]
    for number, rendered in enumerate(clip.rendered):
        flows: list[torch.Tensor | None] = [None, None]
        if number:
            whole = DisFlow().both_ways(clip.rendered[number - 1].image_rgb, rendered.image_rgb)
            flows = [torch.tensor(flow[:, LEFT:LEFT + HEIGHT]).permute(2, 0, 1) * torch.tensor(
                [2 / WIDTH, 2 / HEIGHT])[:, None, None] for flow in whole]
        estimate = window.push(StreamFrame(
            torch.tensor(images[number]).permute(2, 0, 1) / 255,
            torch.tensor(rendered.depth_m[None, :, LEFT:LEFT + HEIGHT]) / 10, *flows))
        if estimate is not None:
            newest = estimate.relative_poses[-1].double().numpy().copy()
            newest[:, :3, 3] *= 10
            poses.append(inverse(newest))
    assert estimate is not None
    return poses, estimate.uncertainty(0)


def test_motions_are_those_of_the_network_in_metres(clip: Clip) -> None:
    motion = make_motion()
    estimates = run(motion, clip)
    expected, _ = pushed_by_hand(clip)
    assert estimates[0].status is TrackingState.INITIALIZING
    for estimate, poses in zip(estimates[1:], expected, strict=True):
        assert estimate.status in (TrackingState.TRACKING, TrackingState.DEGRADED)
        np.testing.assert_allclose(estimate.T_previous_camera, poses[motion.focal.candidate],
                                   atol=1e-5)
        assert estimate.elapsed_s == pytest.approx(1 / 30)


def test_a_known_focal_length_picks_its_candidate(clip: Clip) -> None:
    candidates_px = make_small_network().focal_candidates.numpy() * HEIGHT / 2
    motion = make_motion(known_px=float(candidates_px[1]) * 1.1)
    estimates = run(motion, clip)
    expected, _ = pushed_by_hand(clip)
    assert motion.focal.candidate == 1
    assert motion.focal.focal_px == pytest.approx(candidates_px[1] * 1.1)
    np.testing.assert_allclose(estimates[-1].T_previous_camera, expected[-1][1], atol=1e-5)


def test_uncertainty_is_the_networks_within_its_square(clip: Clip) -> None:
    candidates_px = make_small_network().focal_candidates.numpy() * HEIGHT / 2
    estimate = run(make_motion(known_px=float(candidates_px[0])), clip)[-1]
    _, scale = pushed_by_hand(clip)
    assert estimate.uncertainty_px is not None
    assert estimate.motion_mask is not None
    assert estimate.uncertainty_px.shape == (HEIGHT, WIDTH)
    np.testing.assert_allclose(estimate.uncertainty_px[:, LEFT:LEFT + HEIGHT],
                               scale.numpy() * HEIGHT / 2, rtol=1e-3)
    np.testing.assert_array_equal(
        estimate.motion_mask > 0, estimate.uncertainty_px > 0.01 * HEIGHT / 2)


def test_uncertainty_beyond_the_square_is_what_the_motion_leaves_unexplained(clip: Clip) -> None:
    motion = make_motion()
    estimate = run(motion, clip)[-1]
    last, before = clip.rendered[-1], clip.rendered[-2]
    _, backward = DisFlow().both_ways(before.image_rgb, last.image_rgb)
    induced = induced_flow(torch.tensor(last.depth_m), estimate.T_previous_camera,
                           motion.focal.focal_px, (WIDTH / 2, HEIGHT / 2),
                           nearest=NEAREST_M).numpy()
    assert estimate.uncertainty_px is not None
    np.testing.assert_allclose(
        estimate.uncertainty_px[:, :LEFT],
        np.linalg.norm(backward - induced.transpose(1, 2, 0), axis=-1)[:, :LEFT], rtol=1e-3,
        atol=1e-2)


def test_the_error_of_the_reference_can_be_made_too() -> None:
    image = torch.zeros(3, HEIGHT, WIDTH)
    view = View(np.zeros((HEIGHT, WIDTH, 3), np.uint8), image, image[:1], 0.0, 0.0)
    flow_px = torch.ones(2, HEIGHT, WIDTH)
    for as_reference, factor in ((False, (1.0, 1.0)), (True, (1.0, 320 / 336))):
        frame = make_motion(as_reference=as_reference)._stream_frame(view, flow_px, flow_px)
        assert frame.forward_flow is not None
        np.testing.assert_allclose(frame.forward_flow[:, 5, 7],
                                   [2 / WIDTH * factor[0], 2 / HEIGHT * factor[1]], rtol=1e-5)


@pytest.mark.parametrize(('width', 'height', 'x', 'y'), [
    (336, 336, 0.952, 0.952), (597, 336, 0.965, 0.952), (448, 336, 1.0, 0.952),
    (189, 189, 1.016, 1.016)])
def test_the_error_of_the_reference_is_the_measured_one(width: int, height: int, x: float,
                                                        y: float) -> None:
    np.testing.assert_allclose(reference_flow_factor(height, width), [x, y], atol=6e-4)
    flow = torch.ones(2, height, width)
    np.testing.assert_allclose(normalised_flow(flow, as_reference=True)[:, 0, 0],
                               np.array([2 * x / width, 2 * y / height]), rtol=1e-3)


def test_a_camera_that_stands_gives_no_motion_and_no_focal_length(clip: Clip) -> None:
    motion, still = make_motion(), clip.rendered[0]
    estimates = [motion.process(working_image(still.image_rgb), number / 30, still.depth_m)
                 for number in range(8)]
    assert all((estimate.T_previous_camera == np.eye(4)).all() for estimate in estimates[4:])
    before = motion.focal.log_probabilities(HEIGHT)
    motion.process(working_image(still.image_rgb), 1.0, still.depth_m)
    np.testing.assert_array_equal(motion.focal.log_probabilities(HEIGHT), before)


def test_a_frame_without_depth_for_long_is_lost_and_skipped(clip: Clip) -> None:
    motion = make_motion()
    first, second = clip.rendered[:2]
    holes = np.zeros_like(second.depth_m)
    assert 'no depth' in motion.process(working_image(first.image_rgb), -1.0, None).reason.words
    motion.process(working_image(first.image_rgb), 0.0, first.depth_m)
    for depth_m, words in ((None, 'no depth'), (holes, '0 % of the picture')):
        estimate = motion.process(working_image(second.image_rgb), 0.4, depth_m)
        assert estimate.status is TrackingState.LOST
        assert estimate.reason.cause is Cause.NO_DEPTH
        assert words in estimate.reason.words
    estimate = motion.process(working_image(second.image_rgb), 0.5, second.depth_m)
    np.testing.assert_allclose(estimate.T_previous_camera,
                               run(make_motion(), clip)[1].T_previous_camera, atol=1e-6)
    assert estimate.elapsed_s == pytest.approx(0.5)


def test_depth_that_is_missing_for_a_moment_is_carried_along(clip: Clip) -> None:
    motion, seldom = make_motion(), make_motion()
    for number, rendered in enumerate(clip.rendered):
        estimates = [
            motion.process(working_image(rendered.image_rgb), rendered.stamp_s, rendered.depth_m),
            seldom.process(working_image(rendered.image_rgb), rendered.stamp_s,
                           rendered.depth_m if number % 2 == 0 else None)]
        assert estimates[0].status is estimates[1].status
    propagated = seldom._before
    assert propagated is not None
    assert propagated.measured_s == pytest.approx(clip.rendered[4].stamp_s)
    depth_m = propagated.depth_m[0].numpy()
    assert np.median(np.abs(depth_m / clip.rendered[5].depth_m - 1)) < 0.02
    assert not np.array_equal(depth_m, clip.rendered[4].depth_m)


def test_a_cut_starts_the_window_anew(clip: Clip) -> None:
    motion = make_motion()
    run(motion, clip)
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    depth_m = np.full((HEIGHT, WIDTH), 2.0, np.float32)
    assert motion.process(working_image(noise), 1.0, depth_m).status is TrackingState.LOST
    dark = motion.process(working_image(np.zeros_like(noise)), 1.1, depth_m)
    assert dark.status is TrackingState.LOST
    assert dark.reason.cause is Cause.TOO_DARK


def test_holes_take_the_nearest_depth() -> None:
    depth_m = np.full((20, 30), 2.0, np.float32)
    depth_m[:, 15:] = 5.0
    with_holes = depth_m.copy()
    with_holes[3:9, 2:8], with_holes[10, 20], with_holes[12, 25] = 0.0, np.nan, np.inf
    np.testing.assert_array_equal(without_holes(with_holes), depth_m)
    assert without_holes(depth_m) is depth_m


def test_the_square_lies_in_the_middle() -> None:
    image = torch.arange(5 * 9).reshape(5, 9)
    assert torch.equal(CentreSquare.of(5, 9).cut(image), image[:, 2:7])
    assert torch.equal(CentreSquare.of(9, 5).cut(image.T), image.T[2:7])


def test_information_is_the_second_derivative_of_the_flow_error() -> None:
    rng = np.random.default_rng(0)
    depth_m = rng.uniform(1, 4, (64, 84)).astype(np.float32)
    scale_px = rng.uniform(0.5, 2, (64, 84)).astype(np.float32)
    centre = (42.0, 32.0)
    grid = (slice(10, None, 21), slice(10, None, 21))
    information = pose_information(depth_m[grid], scale_px[grid], 80.0, centre)
    step, columns = 1e-3, []
    for axis in range(6):
        T = np.eye(4)
        if axis < 3:
            T[axis, 3] = step
        else:
            other = [number for number in range(3) if number != axis - 3]
            T[np.ix_(other, other)] = [[np.cos(step), -np.sin(step)],
                                       [np.sin(step), np.cos(step)]]
            if axis == 4:
                T[:3, :3] = T[:3, :3].T
        flow = induced_flow(torch.tensor(depth_m), T, 80.0, centre, nearest=NEAREST_M)\
            .permute(1, 2, 0).numpy()
        columns.append(flow[grid].reshape(-1, 2) / step)
    J = np.stack(columns, axis=-1)
    weight = 1 / (2 * scale_px[grid].ravel().astype(float) ** 2)
    np.testing.assert_allclose(information, np.einsum('nki,nkj,n->ij', J, J, weight), rtol=0.02,
                               atol=0.02 * np.abs(information).max())


def test_portrait_pictures_are_followed_too(clip: Clip) -> None:
    turned = Clip([replace(rendered, image_rgb=np.rot90(rendered.image_rgb).copy(),
                           depth_m=np.rot90(rendered.depth_m).copy())
                   for rendered in clip.rendered], clip.intrinsics)
    camera = ProcessingCamera(Intrinsics.centred(HEIGHT, WIDTH, 400.0), False)
    motion = NetworkFrontEnd(make_small_network(), camera, DisFlow(), CPU)
    estimate = run(motion, turned)[-1]
    assert estimate.uncertainty_px is not None
    assert estimate.uncertainty_px.shape == (WIDTH, HEIGHT)
    log_probs = motion.focal.log_probabilities(WIDTH)
    assert float(np.exp(log_probs).sum()) == pytest.approx(1.0)


def test_the_unit_is_as_good_as_the_depth_that_it_comes_from(clip: Clip) -> None:
    """A depth camera is not as uncertain as a network's guess of the depth."""
    model = DepthModel(lambda images: 1 + images.mean(dim=1, keepdim=True), CPU)
    camera = ProcessingCamera(Intrinsics.centred(WIDTH, HEIGHT, 400.0), is_calibrated=False)
    learned = NetworkFrontEnd(make_small_network(), camera, DisFlow(), CPU, depth_model=model)
    assert {estimate.unit for estimate in run(make_motion(), clip)} == {LengthUnit('depth', 0.01)}
    assert {estimate.unit for estimate in run(learned, clip)} == {LengthUnit('depth', 0.1)}


def test_the_time_of_each_stage_is_measured(clip: Clip) -> None:
    estimates = run(make_motion(refines=True), clip)
    assert all(tuple(estimate.timings_ms) == STAGES for estimate in estimates)
    assert all(estimates[-1].timings_ms[stage] > 0 for stage in STAGES)
