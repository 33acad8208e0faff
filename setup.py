# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Install the odometry and its command line with pip; the ROS node needs CMakeLists.txt."""

from pathlib import Path
from xml.etree import ElementTree as ET

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
manifest = ET.parse(HERE / 'package.xml')
requirements = (HERE / 'requirements.txt').read_text('utf-8').splitlines()

setup(
    name=manifest.findtext('name'),
    version=manifest.findtext('version'),
    description=' '.join(manifest.findtext('description', '').split()),
    author=manifest.findtext('author'),
    maintainer=manifest.findtext('maintainer'),
    license=manifest.findtext('license'),
    package_dir={'': '.'},
    packages=find_packages(include=['anycam_ros', 'anycam_ros.*']),
    package_data={'anycam_ros.networks.motion_weights': ['*.onnx', '*.safetensors', '*.yaml']},
    python_requires='>=3.10',
    install_requires=[line for line in requirements if not line.startswith('#')],
    extras_require={
        'network': ['torch>=2.1', 'safetensors>=0.4'],
        'uncertainty': ['onnxruntime>=1.16'],
        'train': ['torch>=2.1', 'safetensors>=0.4', 'scikit-image>=0.19', 'onnx>=1.14',
                  'onnxruntime>=1.16'],
        'raft': ['torchvision>=0.16'],
        'ptlflow': ['ptlflow>=0.4'],
        'depth': ['transformers>=4.46'],
        'weights': ['huggingface_hub>=0.23'],
        'rerun': ['rerun-sdk>=0.23'],
        'export': ['onnx>=1.14', 'onnxruntime>=1.16'],
    },
    entry_points={'console_scripts': ['anycam = anycam_ros.cli:main']},
)
