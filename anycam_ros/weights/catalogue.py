# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that the odometry can use."""

from dataclasses import dataclass

NON_COMMERCIAL = 'CC BY-NC 4.0: NON-COMMERCIAL use only'


@dataclass(frozen=True)
class Weights:
    """Describe weights on Hugging Face."""

    name: str                       # in this package
    purpose: str
    licence: str
    repository: str
    files: tuple[str, ...]          # the weights first
    option: str                     # what tells the odometry to use them; {path}: the weights
    reported_sha256: str = ''       # of the first file, as a third party reported it

    def url(self, file: str) -> str:
        """Return where a file can be downloaded."""
        return f'https://huggingface.co/{self.repository}/resolve/main/{file}'


def _anycam(name: str, frames: int, reported_sha256: str = '') -> Weights:
    return Weights(
        name=name,
        purpose=f'AnyCam, trained on {frames} frames at a time (460 MB), with the flow and depth '
                'networks of the paper',
        licence="none stated by the authors; their code is MIT. Inside, UniMatch's weights are "
                f"MIT, UniDepth's are {NON_COMMERCIAL}",
        repository=f'fwimbauer/anycam_v1_seq{frames}', files=('pytorch_model.bin', 'config.yaml'),
        option='motion: network, weights: {path}', reported_sha256=reported_sha256)


def _depth_anything(place: str, size: str, farthest_m: int) -> Weights:
    repository = f'depth-anything/Depth-Anything-V2-Metric-{place}-{size}-hf'
    return Weights(
        name=f'depth-anything-{place}-{size}'.lower(),
        purpose=f'metric depth, {place.lower()}, up to {farthest_m} m',
        licence='Apache-2.0' if size == 'Small' else NON_COMMERCIAL,
        repository=repository, files=('model.safetensors', 'config.json'),
        option=f'depth: transformers:{repository}')


CATALOGUE: dict[str, Weights] = {weights.name: weights for weights in (
    _anycam('anycam-seq8', 8,
            '4b2f723f6b6672a9ef3a6a4d1831c08418db498f2832c565d524e3d201c300af'),
    _anycam('anycam-seq2', 2),
    *(_depth_anything(place, size, farthest_m) for size in ('Small', 'Base', 'Large')
      for place, farthest_m in (('Indoor', 20), ('Outdoor', 80))),
    Weights(name='unidepth', purpose="metric depth, the paper's",
            licence=f'{NON_COMMERCIAL}, of code and weights',
            repository='lpiccinelli/unidepth-v2old-vits14',
            files=('pytorch_model.bin', 'config.json'), option='depth: unidepth'),
)}

ELSEWHERE = """\
Flow networks come with their libraries, which fetch them when they are first used:
  flow: raft             pip install torchvision   BSD-3-Clause
  flow: ptlflow:<model>  pip install ptlflow       Apache-2.0; each model has its own licence
"""
