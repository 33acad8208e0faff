# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training: what a file may say, and what is refused."""

from pathlib import Path

import pytest

from anycam_ros.errors import ConfigError
from anycam_ros.training.config import differences, identity, read_config, TrainingConfig


def written(folder: Path, text: str) -> Path:
    file = folder / 'train.yaml'
    file.write_text(text)
    return file


def test_what_a_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    file = written(tmp_path, 'task: anycam\noutput: out\nsteps: 300\noptions: {width: 64}\n')
    assert read_config(file) == TrainingConfig(task='anycam', output='out', steps=300,
                                               options={'width': 64})


def test_values_are_read_as_they_are_meant(tmp_path: Path) -> None:
    # YAML reads off as false and 1e-3 as a text.
    text = 'task: anycam\noutput: out\namp: {}\nlearning_rate: 1e-3\nclip_norm: 2\n'
    config = read_config(written(tmp_path, text.format('off')))
    assert (config.amp, config.learning_rate, config.clip_norm) == ('off', 0.001, 2)
    assert read_config(written(tmp_path, text.format('on'))).amp == 'on'


def test_output_and_data_may_be_given_beside_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'task: anycam\noutput: out\noptions: {data: [old], width: 3}\n')
    config = read_config(file, Path('elsewhere'), [Path('bags'), Path('a.mp4')])
    assert config.output == 'elsewhere'
    assert config.options == {'data': ['bags', 'a.mp4'], 'width': 3}
    assert read_config(written(tmp_path, 'task: anycam\noutput: out\n'), None, [Path('bags')]
                       ).options == {'data': ['bags']}


@pytest.mark.parametrize(('text', 'message'), [
    ('lerning_rate: 0.1', r"train\.yaml sets 'lerning_rate'; allowed keys: task, options, outp"),
    ('learning_rate: -0.1', r'learning_rate is -0\.1; allowed: float, 0 to 1'),
    ('learning_rate: fast', r"learning_rate is 'fast'; allowed: float, 0 to 1"),
    ('learning_rate: .nan', 'learning_rate is nan; allowed: float, 0 to 1'),
    ('steps: 0', 'steps is 0; allowed: int, at least 1'),
    ('steps: 10.5', r'steps is 10\.5; allowed: int, at least 1'),
    ('steps: true', 'steps is True; allowed: int, at least 1'),
    ('seed:', 'seed is None; allowed: int, at least 0'),
    ('amp: fp16', "amp is 'fp16'; allowed: str, one of 'auto', 'on', 'off'"),
    ('task: 3', 'task is 3; allowed: the name of a task'),
    ('options: [1]', r'options is \[1\]; allowed: the names and values'),
    ('options: {1: 2}', r'options is \{1: 2\}; allowed: the names and values'),
    ('{steps: 5, warmup_steps: 5}', 'warmup_steps is 5; allowed: below steps, which is 5'),
    ('output: ""', 'names no output. Set output to a folder, or give --output'),
    ('- 1', 'holds no keys with values; allowed keys: task, '),
    ('', 'holds no keys with values'),
    ('a: {', r'train\.yaml is no YAML'),
])
def test_wrong_files_are_refused_with_what_is_allowed(tmp_path: Path, text: str,
                                                      message: str) -> None:
    file = written(tmp_path, text)
    for data in ((), [Path('bags')]):
        with pytest.raises(ConfigError, match=message) as caught:
            read_config(file, data=data)
        assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'nowhere\.yaml cannot be read: No such file'):
        read_config(tmp_path / 'nowhere.yaml')


def test_only_what_changes_the_result_makes_another_training() -> None:
    config = TrainingConfig(task='anycam', options={'data': ('a', 'b')})
    same = TrainingConfig(task='anycam', options={'data': ['a', 'b']}, output='elsewhere',
                          workers=0, limit_minutes=3, checkpoint_minutes=1, log_steps=3,
                          validate_steps=7)
    assert differences(identity(config), identity(same)) == []
    other = TrainingConfig(task='anycam', seed=1, options={'data': ['a'], 'width': 3})
    assert differences(identity(config), identity(other, Path('/old.pt'))) == [
        'seed is 0 there and 1 here', "options.data is ['a', 'b'] there and ['a'] here",
        "finetune is '' there and '/old.pt' here", 'options.width is not set there and 3 here']
