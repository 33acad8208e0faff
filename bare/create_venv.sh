#!/bin/sh
# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# create_venv.sh VENV [PYTHON...]: make VENV with the first PYTHON that can carry it.

venv=$1
shift
complaints=
for python in "$@"; do
  path=$(command -v "$python") || continue
  if complaint=$("$path" "$(dirname "$0")/check_python.py" 2>&1); then
    rm -rf "$venv"
    "$path" -m venv "$venv" || "$path" -m virtualenv --quiet "$venv"
    exit
  fi
  complaints="$complaints
  $path $complaint"
done
echo "No Python on this machine can carry the virtual environment:${complaints:-
  none of $* is on the PATH}
Repair one of them, or name another: make PYTHON=/path/to/python3" >&2
exit 1
