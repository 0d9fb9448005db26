# `make run` and `make test` do all their own set-up: Python 3.11+ and make are enough.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# Only pytest's own paths, in the order in which a failure is cheapest to find.
SUITES := tests/unit tests/wire tests/store tests/app
# Whole files at a time, because what a file's tests share is made once; two, because that is what CI has cores for.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile
SOURCES := bedrock_playground components pages streamlit_app.py tests benchmarks scripts

.DEFAULT_GOAL := help
.PHONY: help run dev test check fix bench catalog lock screenshots system exports clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Start the app (sets everything up the first time)
	@exec $(BIN)/bedrock-playground

dev: $(VENV)/.dev ## Start the app and reload it when a file changes
	@exec $(BIN)/bedrock-playground run -- --server.fileWatcherType=auto --server.runOnSave=true

test: check system exports ## Everything: style, types, contracts, unit, wire, store, app and browser tests
	$(BIN)/python -m pytest $(SUITES) $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest tests/browser

check: $(VENV)/.dev ## The quick part: style, types and import contracts
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## Let ruff mend what it can
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: $(VENV)/.dev system ## Measure, and print one table of ratios
	@sh scripts/setup_apart.sh bench "what benchmarks measure beside (once, about 50 MB)"
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/.dev system ## Make the README's pictures anew
	$(BIN)/python scripts/screenshots.py

system: ## Install what tests need from the system (Chromium, PostgreSQL)
	@sh scripts/install_system.sh

exports: $(VENV)/.dev ## Install what exported code is tested with (AWS CLI, LangChain, node's AWS SDK …)
	@sh scripts/setup_exports.sh

catalog: $(VENV)/.dev ## Write the snapshot of models and prices anew, and say what changed
	$(BIN)/python -m scripts.catalog

lock: $(VENV)/.dev ## Pin the dependencies anew
	sh scripts/lock.sh

$(VENV)/.run: pyproject.toml requirements/run.lock requirements/bootstrap.lock scripts/setup_venv.sh
	@sh scripts/setup_venv.sh run

$(VENV)/.dev: pyproject.toml requirements/dev.lock requirements/bootstrap.lock scripts/setup_venv.sh
	@sh scripts/setup_venv.sh dev

clean: ## Remove the environment and caches of this checkout
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
