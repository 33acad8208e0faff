# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam weights` explains sources and licences, and checks files."""

import hashlib
from pathlib import Path
import sys

import pytest

from anycam_ros.cli import main
from anycam_ros.weights.catalogue import CATALOGUE


def test_every_weights_are_listed_with_source_licence_and_use(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['weights']) == 0
    listed = capsys.readouterr().out
    for weights in CATALOGUE.values():
        assert f'{weights.name}\n' in listed
        assert f'  licence   {weights.licence}\n' in listed
        assert f'  from      https://huggingface.co/{weights.repository}/' in listed
    assert listed.count('NON-COMMERCIAL') >= 7   # two AnyCam files, four models, UniDepth
    assert 'flow: ptlflow:<model>' in listed


def test_unknown_name_is_refused_with_those_that_exist(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['weights', 'anycam']) == 2
    assert "no weights 'anycam'; allowed: anycam-seq8, anycam-seq2" in capsys.readouterr().err


def test_missing_library_is_named_and_how_to_do_without(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, 'huggingface_hub', None)   # as if it were not installed
    assert main(['weights', 'depth-anything-indoor-small']) == 2
    message = capsys.readouterr().err
    assert 'pip install huggingface_hub, or download https://huggingface.co/depth-any' in message
    assert main(['weights']) == 0


@pytest.mark.slow
def test_good_file_is_confirmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('torch')
    pytest.importorskip('safetensors')
    from anycam_ros.networks.anycam import AnyCam, save_checkpoint
    file = tmp_path / 'anycam.safetensors'
    save_checkpoint(AnyCam(), file)
    assert main(['weights', '--check', str(file)]) == 0
    found = capsys.readouterr().out
    assert hashlib.sha256(file.read_bytes()).hexdigest() in found
    assert 'its origin is not confirmed' in found
    assert 'the AnyCam network, complete (29.8 million parameters)' in found


@pytest.mark.parametrize(('content', 'message'), [
    (None, 'is no file'), (b'<html>not found</html>', 'is a web page')])
def test_other_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                               content: bytes | None, message: str) -> None:
    pytest.importorskip('torch')
    file = tmp_path / 'pytorch_model.bin'
    if content is not None:
        file.write_bytes(content)
    assert main(['weights', '--check', str(file)]) == 2
    assert message in capsys.readouterr().err
