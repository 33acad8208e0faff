#!/bin/sh
# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# install_torch.sh PYTHON VERSION: install PyTorch, without CUDA where no NVIDIA GPU is found.

install() {
  "$python" -m pip --disable-pip-version-check --no-input install "$@"
}

python=$1
version=$2
if ! nvidia-smi --list-gpus; then
  # One file from an index that may be out of reach: a short wait, and the next line copes.
  install --no-deps --retries 0 --timeout 10 \
    --extra-index-url https://download.pytorch.org/whl/cpu "torch==$version+cpu"
fi
install "torch==$version"
