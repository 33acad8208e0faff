# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of every type that the node takes, some sound, most with what no driver should send."""

from array import array
from collections.abc import Callable, Sequence
import math
from random import Random
import struct
from typing import Any

from builtin_interfaces.msg import Time
import cv2
from nav_msgs.msg import Odometry
import numpy as np
from peer import CAMERA_FRAME
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from anycam_ros.messages.depth import DEPTH_ENCODINGS
from anycam_ros.messages.image import ENCODINGS
from anycam_ros.srv import SetPose

SIDE_PX = 80
UINT32 = (0, 1, 2, 3, 63, 64, 65, 79, 81, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
NUMBERS = (0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, -1e300, math.nan, math.inf, -math.inf)
TEXTS = ('', '/', ' ', 'odom', '..', 'ä漢字\U0001f4f7', '\ufffd', '%s%n{}', 'x' * 5000, '\x7f\x01')
FILLS = (b'\x00', b'\xff', b'\x00\x00\xc0\x7f', b'\x00\x00\x80\x7f', b'\x00\x00\x80\x3f')
FORMATS = ('jpeg', 'png', 'rgb8; jpeg compressed bgr8', '16UC1; compressedDepth png',
           '32FC1; compressedDepth', '16UC1; compressedDepth rvl')
PICTURE = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8)


def pixel_bytes(encoding: str) -> int:
    """Return the bytes of a pixel; 1 for what is no encoding."""
    if encoding in DEPTH_ENCODINGS:
        return np.dtype(DEPTH_ENCODINGS[encoding][0]).itemsize
    described = ENCODINGS.get(encoding)
    return described.channels * described.sample_bytes if described else 1


class MessageFuzzer:
    """Make messages at random; the same generator makes the same ones."""

    def __init__(self, random: Random) -> None:
        """Take the generator."""
        self._random = random

    def any_of(self, types: Sequence[type]) -> tuple[str, Any]:
        """Return what a message is for, and the message, of one of the types."""
        kinds: Sequence[tuple[str, type, Callable[[], Any]]] = (
            ('image', Image, self.image), ('image', Image, self.image),
            ('depth', Image, self.depth), ('camera_info', CameraInfo, self.camera_info),
            ('image', CompressedImage, self.compressed_image),
            ('depth', CompressedImage, self.compressed_image), ('speed', Odometry, self.speed))
        name, _, make = self._random.choice([kind for kind in kinds if kind[1] in types])
        return name, make()

    def image(self, encodings: Sequence[str] = tuple(ENCODINGS)) -> Image:
        """Return an image, of which one in three is sound."""
        choose = self._random.choice
        encoding = choose(encodings)
        height, width = self._side(), self._side()
        step = width * pixel_bytes(encoding) + choose((0, 0, 0, 1, 9))
        data = self._pixels(step * height)
        message = Image(header=self._header(), height=height, width=width, encoding=encoding,
                        is_bigendian=choose((0, 1, 255)), step=step)
        if self._happens(3):
            setattr(message, choose(('height', 'width', 'step')), self._uint32())
        if self._happens(6):
            message.encoding = choose((*TEXTS, *DEPTH_ENCODINGS, *ENCODINGS))
        if self._happens(4):
            data = data[:self._random.randint(0, len(data))]
        message.data = array('B', data)
        return message

    def depth(self) -> Image:
        """Return an image that is most often meant to be depth."""
        return self.image((*DEPTH_ENCODINGS, 'rgb8'))

    def compressed_image(self) -> CompressedImage:
        """Return a JPEG, a PNG or a compressedDepth, most often damaged."""
        choose = self._random.choice
        picture = PICTURE[:self._side(), :self._side()]
        grey = picture[..., 0].astype(np.uint16)
        kind = choose(('.jpg', '.png', 'depth', 'noise'))
        if kind == 'depth':
            head = choose((b'\0' * 12, struct.pack('<iff', 0, choose(NUMBERS[:4]), 1.0),
                           struct.pack('<iff', 0, math.nan, math.inf)))
            data = head + cv2.imencode('.png', grey)[1].tobytes()
        elif kind == 'noise':
            data = self._random.randbytes(self._random.randint(0, 60))
        else:
            data = cv2.imencode(kind, picture)[1].tobytes()
        return CompressedImage(header=self._header(), format=choose((*FORMATS, *TEXTS)),
                               data=array('B', self.damaged(data)))

    def camera_info(self) -> CameraInfo:
        """Return a calibration, of which one in three is sound."""
        choose = self._random.choice
        k = [300.0, 0.0, 40.0, 0.0, 300.0, 40.0, 0.0, 0.0, 1.0]
        message = CameraInfo(header=self._header(), width=SIDE_PX, height=SIDE_PX, k=k)
        if self._happens(2):
            message.distortion_model = choose(('plumb_bob', 'equidistant', 'rational_polynomial',
                                               *TEXTS))
            message.d = array('d', [choose(NUMBERS) if self._happens(4) else 0.0
                                    for _ in range(choose((0, 4, 5, 8, 9)))])
        if self._happens(4):
            k[self._random.randrange(9)] = choose(NUMBERS)
            message.k = np.array(k)
        if self._happens(6):
            message.width, message.height = self._uint32(), self._uint32()
        if self._happens(6):
            message.roi = RegionOfInterest(
                x_offset=self._uint32(), y_offset=self._uint32(), width=self._uint32(),
                height=self._uint32())
            message.binning_x, message.binning_y = self._uint32(), self._uint32()
        return message

    def speed(self) -> Odometry:
        """Return wheel odometry, of which one in three is sound."""
        message = Odometry(header=self._header())
        twist = message.twist.twist
        twist.linear.x = self._random.uniform(-1.0, 2.0)
        if self._happens(3):
            twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z = (
                self._random.choice(NUMBERS) for _ in range(4))
        if self._happens(3):
            message.twist.covariance = np.array(
                [self._random.choice(NUMBERS) for _ in range(36)])
        return message

    def set_pose(self) -> SetPose.Request:
        """Return a request to put the camera somewhere, of which one in ten is sound."""
        choose, numbers = self._random.choice, (*NUMBERS, 0.5, 2.0)
        request = SetPose.Request()
        request.pose.header.frame_id = choose((*TEXTS, 'odom', 'odom'))
        pose = request.pose.pose.pose
        p, q = pose.position, pose.orientation
        p.x, p.y, p.z = (choose(numbers) for _ in range(3))
        if self._happens(2):
            q.x, q.y, q.z, q.w = (choose(numbers) for _ in range(4))
        covariance = np.zeros((6, 6))
        if self._happens(2):
            np.fill_diagonal(covariance, [choose(numbers) for _ in range(6)])
        if self._happens(4):
            covariance[self._random.randrange(6), self._random.randrange(6)] = choose(numbers)
        request.pose.pose.covariance = covariance.ravel()
        return request

    def damaged(self, data: bytes) -> bytes:
        """Return the data with a few other bytes, or their beginning, or all of them."""
        damage = self._random.choice(('none', 'bytes', 'end'))
        if damage == 'end':
            return data[:self._random.randint(0, len(data))]
        if damage == 'none' or not data:
            return data
        changed = bytearray(data)
        for _ in range(self._random.randint(1, 5)):
            # The fields lie at the beginning, the pixels behind.
            end = self._random.choice((min(64, len(data)), len(data)))
            changed[self._random.randrange(end)] = self._random.randrange(256)
        return bytes(changed)

    def _header(self) -> Header:
        choose = self._random.choice
        stamp = Time(sec=choose((self._random.randint(0, 5), self._random.randint(0, 5),
                                 self._random.randint(-2**31, 2**31 - 1), 2**31 - 1)),
                     nanosec=self._random.randrange(choose((10**9, 2**32))))
        return Header(stamp=stamp, frame_id=choose(TEXTS) if self._happens(8) else CAMERA_FRAME)

    def _pixels(self, length: int) -> bytes:
        if self._happens(2):
            return PICTURE.tobytes()[:length].ljust(length, b'\x7f')
        fill = self._random.choice(FILLS)
        return (fill * (length // len(fill) + 1))[:length]

    def _side(self) -> int:
        return self._random.randint(1, SIDE_PX) if self._happens(6) else SIDE_PX

    def _uint32(self) -> int:
        return self._random.choice((*UINT32, self._random.randrange(2**32)))

    def _happens(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0
