# Everything runs in .venv, made from the lock file: nothing but Python >= 3.11, git and make is needed.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Bytecode is kept: without it every process and every test run compiles the whole house again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTHON := $(BIN)/python
PIP := $(PYTHON) -m pip --quiet --disable-pip-version-check --no-input
READY := .venv/.made-from-lock
PARALLEL := $(MAKE) --no-print-directory --keep-going -j4 \
	$(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: help demo test check bench lists moving rerating chaos fuzz up down format schemas lock clean \
	static check-format check-lint check-types check-imports check-tests

help: ## List these targets
	@echo "make <target>"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; \
		do printf '  %-8s %s\n' "$$name" "$$text"; done

demo: $(READY) ## Play a month of a contact centre through the whole system (ONCE=1 ends by itself)
	@$(BIN)/ringledger demo $(if $(ONCE),--once)

test: $(READY) ## Run every check and every test, starting the broker and database they need
	@$(PARALLEL) static
	@$(PYTHON) -m pytest $(ARGS)

check: $(READY) ## Run what needs no broker or database: format, lint, types, imports, unit tests (under 20 s)
	@$(PARALLEL) static check-tests && echo "check: all good"

bench: $(READY) ## Measure calls per second against a raw ceiling
	@$(PYTHON) -m tests.bench $(ARGS)

lists: $(READY) ## Measure lists, searches and pages of an account with 100,000 numbers (ARGS="--times 200")
	@$(PYTHON) -m tests.bench.lists $(ARGS)

moving: $(READY) ## Measure how long a million charges take to move beside live traffic (ARGS="--charges 200000")
	@$(PYTHON) -m tests.bench.moving $(ARGS)

rerating: $(READY) ## Measure how long a million stored calls take to be priced again (ARGS="--calls 100000 --downstream")
	@$(PYTHON) -m tests.bench.rerating $(ARGS)

fuzz: $(READY) ## Ask everything of everything, as every role and across accounts (ARGS="--examples 1000 --role all")
	@$(PYTHON) -m tests.hostile $(ARGS)

chaos: $(READY) ## Kill, pause and crash pieces under load for long, from a seed (ARGS="--seed 7 --events 1000000")
	@$(PYTHON) -m tests.live.chaos $(ARGS)

up: $(READY) ## Start the local stack and leave it running
	@$(BIN)/ringledger up

down: $(READY) ## Stop what `make up` started
	@$(BIN)/ringledger down

format: $(READY) ## Format the code and sort imports
	@$(BIN)/ruff check --quiet --select I --fix .
	@$(BIN)/ruff format --quiet .

schemas: $(READY) ## Write the generated files again: schemas, examples, AsyncAPI, OpenAPI, README's flow, settings
	@$(PYTHON) -m contracts.generate
	@$(PYTHON) -m cli.documents

lock: $(READY) ## Choose versions again: Python packages (with uv) and Kafka's jars
	@command -v uv >/dev/null || { echo "make lock needs uv (https://docs.astral.sh/uv)" >&2; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --output-file requirements.lock
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra local --extra dev pyproject.toml --output-file requirements-dev.lock
	@$(PYTHON) -m cli.stack.jars

clean: ## Remove the environment, the local stack's data and all caches
	@if [ -x $(BIN)/ringledger ]; then $(BIN)/ringledger down --purge; fi
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

static: check-format check-lint check-types check-imports

check-format: $(READY)
	@$(BIN)/ruff format --quiet --check . || { echo "format: run make format" >&2; exit 1; }

check-lint: $(READY)
	@$(BIN)/ruff check --quiet .

check-types: $(READY)
	@$(BIN)/mypy --no-error-summary

check-imports: $(READY)
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }

check-tests: $(READY)
	@$(PYTHON) -m pytest -q -n 2 --hypothesis-profile quick tests/unit tests/architecture tests/contract

# The first Python that is new enough and can make environments; one venv, refreshed when the lock changes.
$(READY): requirements-dev.lock pyproject.toml
	@python=; for name in python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
		then python=$$name; break; fi; done; \
	if [ -z "$$python" ]; then \
		echo "Ringledger needs Python 3.11 or newer with the modules venv and ensurepip (on Debian and Ubuntu:" >&2; \
		echo "apt install python3-venv); found: $$(python3 --version 2>/dev/null || echo none)" >&2; exit 1; fi; \
	if ! $(PYTHON) -c 'import pip' >/dev/null 2>&1; then \
		echo "making .venv with $$($$python --version) …"; "$$python" -m venv --clear .venv; fi
	@$(PIP) install --no-warn-script-location --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-warn-script-location --no-build-isolation --no-deps -e .
	@touch $@
