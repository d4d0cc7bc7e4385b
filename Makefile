# Each target does everything it needs on a fresh Debian 12 or Ubuntu, as root or with sudo; nothing is done twice.
SHELL := /bin/bash
PYTHON := .venv/bin/python
FRESH_TARGETS ?= demo test
GRAPH ?= flowgraphs/ap.grc

# what another Python environment may have left in the shell
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYENV_VERSION
export PYTHONNOUSERSITE := 1
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test docs conformance coverage test-fresh test-hw test-real-time lint flowgraphs companion bench bench-dash bench-false-alarms bench-flowgraph bench-mono bench-peer bench-per bench-phy bench-pluto bench-zmq

help: ## show these targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## install what is missing, once (the other targets call it)
	@testbed/bootstrap/setup.sh

demo: setup ## the main job: an AMP AP and a tag authenticate and exchange encrypted data over the simulated air
	@.venv/bin/amp demo

lint: setup ## ruff, and mypy --strict on the library
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy --strict ampradio

# nothing here hangs on real time, so two workers share it; GNU Radio, radios and the live view follow by themselves
SHARED_TESTS := $(addprefix tests/,phy channel mac power profile security golden attack compare sap sweep results report \
	wireshark test_arrows.py test_conformance.py test_docs.py test_gallery.py)

test: lint ## lint and every test that needs no hardware; both halves, even if the first fails
	trap 'exit 130' INT; failed=0; \
	$(PYTHON) -m pytest -n 2 --dist loadgroup $(SHARED_TESTS) || failed=1; \
	$(PYTHON) -m pytest $(addprefix --ignore=,$(SHARED_TESTS)) || failed=1; \
	exit $$failed

docs: setup ## the documentation as a site, site/index.html; no network needed, no warning allowed
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict
	@echo "site/index.html; its search needs a web server: $(PYTHON) -m http.server --bind 127.0.0.1 --directory site"

test-real-time: setup ## whole exchanges by gr-iio's blocks and in the wall's time, on a computer that does nothing else
	$(PYTHON) -m pytest -m real_time tests/testbed

test-hw: setup ## the tests of a radio, on the PlutoSDR at URI=ip:… or usb:; without one they fail (samples stay inside)
	$(PYTHON) -m tests.radio.on_hardware $(URI)

conformance: setup ## docs/conformance.md: requirement, test, result, from a run of the tests that name one
	$(PYTHON) -m pytest -q tests/security tests/mac tests/testbed tests/attack tests/profile --junitxml .setup/conformance.xml
	$(PYTHON) -m tests.conformance .setup/conformance.xml

coverage: setup ## every branch of MAC and security is shown by a test that draws no inputs at random, or this fails
	$(PYTHON) -m coverage run -m pytest -q -m "not hypothesis" tests/mac tests/security tests/testbed/test_systems.py
	$(PYTHON) -m coverage report

test-fresh: ## `make demo` and `make test` in a bare Debian 12 (needs root and debootstrap)
	@testbed/bootstrap/fresh.sh $(FRESH_TARGETS)

bench: bench-dash bench-false-alarms bench-flowgraph bench-mono bench-peer bench-per bench-phy bench-pluto bench-zmq ## all of these, for hours; `make -k bench` goes on behind a bar that is missed

bench-dash: setup ## a run with the live view open beside the same run alone: recordings, processor time
	$(PYTHON) -m testbed.bench.dash

bench-false-alarms: setup ## what the receivers take noise and Wi-Fi bursts for, beside the law of false alarms and the CRC's
	$(PYTHON) -m testbed.bench.false_alarms

bench-flowgraph: setup ## the tag's receive chain in GNU Radio beside a bare |x|² flowgraph: rate, loss, latency
	$(PYTHON) -m testbed.bench.flowgraph

bench-mono: setup ## mono-static backscatter in both directions beside its bounds, and what the AP's own leak costs
	$(PYTHON) -m testbed.bench.mono

bench-peer: setup ## our receiver beside corr_est and symbol_sync of stock GNU Radio, on the same packets
	$(PYTHON) -m testbed.bench.peer

bench-per: setup ## packet error rates of every mode beside theory or a genie, and the distance in dB at 10 % and 1 %
	$(PYTHON) -m testbed.bench.per

bench-phy: setup ## packets and samples per second on one core in every mode, one frame against its air time, the detector
	@testbed/bootstrap/sionna.sh
	$(PYTHON) -m testbed.bench.phy

bench-pluto: setup ## samples a second through libiio into and out of emulated PlutoSDRs, beside the same server without the air
	$(PYTHON) -m testbed.bench.pluto

bench-zmq: setup ## the lock-step exchange beside a bare ring of GNU Radio processes
	$(PYTHON) -m testbed.bench.zmq

companion: setup ## open a flowgraph in GNU Radio Companion (GRAPH=flowgraphs/air.grc for another)
	@GRC_BLOCKS_PATH=$(CURDIR)/flowgraphs/blocks $(PYTHON) /usr/bin/gnuradio-companion $(GRAPH)

flowgraphs: setup ## compile the .grc files into flowgraphs/generated
	@for graph in flowgraphs/*.grc; do \
		GRC_BLOCKS_PATH=$(CURDIR)/flowgraphs/blocks PYTHONPATH=$(CURDIR) grcc -o flowgraphs/generated $$graph >/dev/null || exit; \
	done
