# The targets CI calls are the ones people call.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3

.DEFAULT_GOAL := help
HARD := test_crashes test_mails test_outages test_postgres_restart test_races test_money chaos

.PHONY: help run test fuzz chaos robust check test-peers test-plans format schema test-tools clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.runtime ## Start the whole shop on this machine and print where it is
	@$(BIN)/stoa up

test: $(VENV)/.tools ## Check everything and run every test on real PostgreSQL and Redis
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(PYTEST)

test-plans: $(VENV)/.tools ## Look at the plans of the hot and the workers' statements on a hundred times the demo shop
	$(BIN)/pytest -s tests/plans/hot_statements.py tests/plans/worker_statements.py tests/plans/shard_keys.py

test-peers: $(VENV)/.tools ## Compare answers with other Federation routers, from npm (needs Node.js 20)
	$(BIN)/pytest tests/peers/compare_answers.py

fuzz: $(VENV)/.tools ## Compare 100 000 random operations with one plain schema (SEED=n for others)
	$(BIN)/python -m tests.router.fuzz --seed $(or $(SEED),1) --operations $(or $(OPERATIONS),100000)

check: $(VENV)/.tools ## Formatting, lint, types, import contracts, migrations, schema files, manifests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/stoa check

chaos: $(VENV)/.tools ## Kill services under thousands of checkouts, 200 buyers for 37 units (long; STOA_CHECKOUTS=2000)
	STOA_LONG=1 $(BIN)/pytest $(HARD:%=tests/supergraph/%.py)

robust: $(VENV)/.tools ## Send the router 30 000 hostile requests and replace its supergraph 1 000 times (long)
	STOA_LONG=1 $(BIN)/pytest -s tests/router/hostile tests/router/test_reloads.py

format: $(VENV)/.tools ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: $(VENV)/.runtime ## Export the six schemas and compose the supergraph
	$(BIN)/stoa schema

clean: ## Remove the environment (the shop's data in .stoa stays)
	rm -rf $(VENV) *.egg-info

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "stoa needs Python 3.11 or later: install it, or set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "stoa needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V). Set PYTHON=/path/to/python3.11"; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { echo "stoa needs a C compiler for the embedded Redis: install gcc or clang (Debian: apt-get install gcc)"; exit 1; }
	@echo "Creating the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)"; rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked dependencies (about a minute the first time) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tools: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the locked test tools ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r requirements-dev.lock
	@tests/install-tools
	@touch $@

test-tools: $(VENV)/.tools ## Install what the tests need beyond the runtime
