# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is on the device stays there: flow and depth of networks, and no waiting in between."""

import logging
from typing import Any

from clips import Clip, HEIGHT, render_clip, WIDTH, working_image
import numpy as np
import pytest
from small_network import make_small_network
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from anycam_ros import devices
from anycam_ros.depth.depth_model import DepthModel
from anycam_ros.errors import FrameError
from anycam_ros.flow.dense_flow import Flow, Image
from anycam_ros.flow.dis import DisFlow
from anycam_ros.flow.network_flow import NetworkFlow
from anycam_ros.frontend.motion_estimate import MotionEstimate, TrackingState
from anycam_ros.frontend.network import device_upload, frame_readout, front_end
from anycam_ros.frontend.network.front_end import NetworkFrontEnd, NetworkOptions
from anycam_ros.frontend.network.warp import flow_returns, looked_up, warped
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.networks.anycam import AnyCam
from anycam_ros.simulation.rendered_scene import hand_held

CPU = torch.device('cpu')
# Where the host waits for the device: values that it asks for, and sizes that depend on values.
WAITING = ('_local_scalar_dense', 'nonzero', 'masked_select', 'unique')
FROM_THE_HOST = 'lift_fresh'    # without pinned memory it waits, too


@pytest.fixture(scope='module')
def clip() -> Clip:
    return render_clip(hand_held, 5, moving=False, noise=0)


def small_shift(first: Tensor, second: Tensor) -> Tensor:
    """Return flow that depends on the pictures and leads back to where it began."""
    change = functional.avg_pool2d(second - first, 7, stride=1, padding=3)[:, :2]
    return 4 * change + 0.3 * (second - first).sign()[:, :2]


class OverTheHost:
    """Offer the flow of a network as arrays alone."""

    def __init__(self) -> None:
        self._flow = NetworkFlow(small_shift, CPU)

    def both_ways(self, first: Image, second: Image,
                  initial: tuple[Flow, Flow] | None = None) -> tuple[Flow, Flow]:
        return self._flow.both_ways(first, second, initial)


def make_motion(flow: Any, *, refines: bool = False,  # noqa: ANN401
                depth_model: DepthModel | None = None,
                network: AnyCam | None = None) -> NetworkFrontEnd:
    camera = ProcessingCamera(Intrinsics.centred(WIDTH, HEIGHT, 400.0), is_calibrated=False)
    return NetworkFrontEnd(network or make_small_network(), camera, flow, CPU,
                           NetworkOptions(refines=refines), depth_model)


def run(motion: NetworkFrontEnd, clip: Clip, *, with_depth: bool = True) -> list[MotionEstimate]:
    return [motion.process(working_image(rendered.image_rgb), rendered.stamp_s,
                           rendered.depth_m if with_depth else None)
            for rendered in clip.rendered]


def assert_alike(found: list[MotionEstimate], expected: list[MotionEstimate]) -> None:
    for one, other in zip(found[1:], expected[1:], strict=True):
        assert one.status is not TrackingState.LOST
        np.testing.assert_allclose(one.T_previous_camera, other.T_previous_camera, atol=1e-6)
        np.testing.assert_allclose(one.uncertainty_px, other.uncertainty_px, rtol=1e-3,
                                   atol=1e-3)


def test_flow_of_a_network_does_not_go_over_the_host(clip: Clip,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(make_motion(OverTheHost()), clip)
    monkeypatch.setattr(NetworkFlow, 'both_ways', None)
    assert_alike(run(make_motion(NetworkFlow(small_shift, CPU)), clip), expected)


def test_depth_of_a_network_does_not_go_over_the_host(clip: Clip,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    def by_brightness(images: Tensor) -> Tensor:
        return 1 + images.mean(dim=1, keepdim=True)
    model = DepthModel(by_brightness, CPU)
    measured = [(working_image(rendered.image_rgb), rendered.stamp_s, model(rendered.image_rgb))
                for rendered in clip.rendered]
    motion = make_motion(DisFlow())
    expected = [motion.process(*frame) for frame in measured]
    monkeypatch.setattr(DepthModel, '__call__', None)
    assert_alike(run(make_motion(DisFlow(), depth_model=model), clip, with_depth=False), expected)


class Waits(TorchDispatchMode):
    """Note each operation at which the host would wait for a GPU, and each tensor it makes."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.tensors = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (),  # noqa: ANN401
                           kwargs: Any = None) -> Any:  # noqa: ANN401
        name = str(func)
        by_mask = 'index.Tensor' in name and any(
            index is not None and index.dtype is torch.bool for index in args[1])
        if by_mask or any(waiting in name for waiting in WAITING):
            self.waits.append(name)
        self.tensors += FROM_THE_HOST in name
        return func(*args, **(kwargs or {}))


def test_the_host_waits_twice_per_frame(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {'upload': 0, 'download': 0}

    def count(name: str) -> None:
        function = getattr(devices, name)

        def counted(*arguments: Any) -> Any:  # noqa: ANN401
            calls[name] += 1
            return function(*arguments)
        for module in (front_end, frame_readout, device_upload):
            monkeypatch.setattr(module, name, counted, raising=False)
    count('upload')
    count('download')
    motion = make_motion(NetworkFlow(small_shift, CPU), depth_model=DepthModel(
        lambda images: 1 + images[:, :1], CPU))
    for rendered in clip.rendered:
        calls.update(upload=0, download=0)
        with Waits() as seen:
            estimate = motion.process(working_image(rendered.image_rgb), rendered.stamp_s, None)
        assert seen.waits == []
        assert seen.tensors == calls['upload'] <= 2     # the picture, and points to look up
        assert calls['download'] == (0 if estimate.status is TrackingState.INITIALIZING else 2)


def test_what_would_wait_is_noticed() -> None:
    values = torch.ones(3)
    with Waits() as seen:
        float(values.sum())
        values[values > 2].sum()
        values * torch.tensor([1.0, 2.0, 3.0])
    assert (len(seen.waits), seen.tensors) == (2, 1)


def test_motion_that_is_not_finite_is_refused_and_leaves_no_trace(clip: Clip) -> None:
    network = make_small_network()
    motion, expected = make_motion(DisFlow(), network=network), run(make_motion(DisFlow()), clip)
    frames = [(working_image(rendered.image_rgb), rendered.stamp_s, rendered.depth_m)
              for rendered in clip.rendered]
    for frame in frames[:3]:
        motion.process(*frame)
    bias = network.heads.pose.output.bias
    kept = bias.detach().clone()
    with torch.no_grad():
        bias.fill_(torch.nan)
        with pytest.raises(FrameError, match='no finite motion'):
            motion.process(*frames[4])
        bias.copy_(kept)
    assert_alike([expected[2], motion.process(*frames[3])], expected[2:4])


def test_out_of_memory_anywhere_shrinks_the_window_and_goes_on(
        clip: Clip, caplog: pytest.LogCaptureFixture) -> None:
    network, fails_at = make_small_network(), [2]

    def short_of_memory(*_: Any) -> None:  # noqa: ANN401
        fails_at[0] -= 1
        if fails_at[0] == 0:
            raise torch.cuda.OutOfMemoryError('2 GiB are missing')
    network.uncertainty_branch.register_forward_pre_hook(short_of_memory)
    with caplog.at_level(logging.WARNING):
        estimates = run(make_motion(DisFlow(), network=network), clip)
    assert [estimate.status for estimate in estimates[:4]] == [
        TrackingState.INITIALIZING, estimates[1].status, TrackingState.LOST,
        TrackingState.INITIALIZING]
    assert 'out of memory' in estimates[2].reason.words
    assert caplog.text.count('shrinks from 8 frames, both directions to 8, forward only') == 1
    assert estimates[4].uncertainty_px is not None


def test_images_are_looked_up_where_the_flow_leads() -> None:
    image = torch.rand(2, 12, 17)
    flow = torch.zeros(2, 12, 17)
    flow[0], flow[1] = 3, -2
    torch.testing.assert_close(warped(image, flow)[:, 2:, :-3], image[:, :-2, 3:])
    torch.testing.assert_close(warped(image, flow, 'nearest')[:, 2:, :-3], image[:, :-2, 3:])
    # Beyond the edge it is what stands there.
    torch.testing.assert_close(warped(image, flow)[:, 2:, -3:],
                               image[:, :-2, -1:].expand(-1, -1, 3))
    half = looked_up(image, torch.tensor([[4.5, 7.0]]))
    torch.testing.assert_close(half[:, 0], (image[:, 7, 4] + image[:, 7, 5]) / 2)


def test_flow_that_leads_back_is_told_from_flow_that_does_not() -> None:
    forward = torch.zeros(2, 20, 30)
    forward[0] = 4
    backward = -forward
    backward[:, :, 15:] += 3
    returns = flow_returns(forward, backward)
    assert returns[:, :10].all()
    assert not returns[:, 12:].any()
