# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Python example in the README runs as it stands."""

from pathlib import Path
import re

import cv2
import pytest

from anycam_ros.simulation.rendered_scene import RenderedScene

README = Path(__file__).resolve().parents[1] / 'README.md'
FRAMES = 6


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    example, = re.findall(r'```python\n(.*?)```', README.read_text('utf-8'), re.DOTALL)
    (tmp_path / 'images').mkdir()
    scene = RenderedScene(320, 240)
    for index in range(FRAMES):
        image_bgr = scene.frame(index).image_rgb[..., ::-1]
        assert cv2.imwrite(str(tmp_path / f'images/{index}.png'), image_bgr)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(README), 'exec'), {'__name__': '__main__'})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == FRAMES - 1
    assert all('focal length' in line for line in lines)
