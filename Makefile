# Every command of the project. `make` alone lists them. CI runs the same ones.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 4
ARGS ?=
RUNS = $(sort $(wildcard tests/*/*_runs.py tests/*/*/*_runs.py))

# pip of the environment; where it came without one, the system's pip works on it from outside.
PIP = $$(test -x $(BIN)/pip && echo "$(BIN)/python -m pip" || echo "$(PYTHON) -m pip --python $(BIN)/python")
INSTALL = $(PIP) --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help run demo test test-more check format docs chaos bench lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## install, then start everything (ARGS="--port 8000" and so on are passed on)
	@exec $(BIN)/trunkline serve $(ARGS)

demo: $(VENV)/.runtime ## start on throw-away data, send one message, show its life, stop
	@$(BIN)/python scripts/demo.py

test: $(VENV)/.dev ## install what tests need, then run them all (ARGS="-k word" narrows)
	@scripts/chromium
	@$(BIN)/python -m pytest -n $(JOBS) -rs $(ARGS)

test-more: $(VENV)/.dev tests/clients/node/node_modules/.package-lock.json ## what takes longer or needs Node: its clients, every `*_runs.py`, 500 simulated worlds
	@scripts/locales
	@$(BIN)/python -m pytest -n $(JOBS) -rs tests/clients/node/node_clients.py $(RUNS) $(ARGS)
	@$(BIN)/python -m tests.simulation --seeds 500 --jobs $(JOBS)

check: $(VENV)/.dev ## format, lint, strict types, import layers, generated docs up to date
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/docs.py --check

format: $(VENV)/.dev ## put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.runtime ## write the generated pages and openapi.json again
	@$(BIN)/python scripts/docs.py

chaos: $(VENV)/.dev ## the long forms of the fault tests, in pieces (ARGS="--list", or names of some of them)
	@$(BIN)/python -m tests.chaos $(ARGS)

bench: $(VENV)/.dev ## measure accept beside its ceilings, as ratios
	@$(BIN)/python -m bench $(ARGS)

lock: $(VENV)/.lock ## resolve the dependencies again and write requirements/*.txt
	@scripts/lock $(VENV)/lock/bin/pip-compile $(ARGS)

clean: ## remove the environment and caches; data folders stay
	rm -rf $(VENV) tests/clients/node/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests scripts bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each is touched when its step is done, so that a second call costs nothing.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Trunkline needs Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV) && $(PYTHON) -m pip --version >/dev/null && $(PYTHON) -m venv --without-pip $(VENV); } \
	  || { echo "No virtual environment could be made. Debian, Ubuntu: apt install python3-venv python3-pip" >&2; exit 1; }

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV)" >&2
	@$(INSTALL) --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what tests and checks need into $(VENV)" >&2
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

tests/clients/node/node_modules/.package-lock.json: tests/clients/node/package-lock.json
	@scripts/node
	@cd tests/clients/node && npm ci --ignore-scripts --silent
	@touch $@

$(VENV)/.lock: | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/pip --disable-pip-version-check install --quiet pip-tools==7.6.2
	@touch $@
