# All that is needed: make, and Python 3.11 or newer. `make help` lists the targets.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh
PY := .venv/bin/python
export PORT ?= 8000
export PYTHON

.PHONY: help demo demo-reset test test-fast check lock bench screens faults environment-local environment-dev

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

environment-local:
	@taperplan/local/environment.sh local

environment-dev:
	@taperplan/local/environment.sh dev

demo: environment-local ## everything at once on http://localhost:8000 (PORT=… for another port)
	@exec $(PY) -m taperplan.local.supervisor run

demo-reset: environment-local ## forget the demo's data
	@exec $(PY) -m taperplan.local.supervisor reset

check: environment-dev ## everything that guards the code without running it
	@echo "formatting";   $(PY) -m ruff format --check --quiet . || { $(PY) -m ruff format --check .; exit 1; }
	@echo "lint";         $(PY) -m ruff check --quiet .
	@echo "templates";    $(PY) -m djlint plans/templates --lint --quiet
	@echo "types";        $(PY) -m mypy --no-error-summary
	@echo "floors";       .venv/bin/lint-imports --no-logo
	@echo "migrations";   $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run --verbosity 0
	@echo "system check"; $(PY) manage.py check --fail-level WARNING --verbosity 0

test: check ## all checks and all tests
	@$(PY) -m pytest -n 2 --dist worksteal -q --durations 15

test-fast: environment-dev ## the tests that take under a minute
	@$(PY) -m pytest -n 2 -q --durations 5 -m "not slow and not browser and not faults"

faults: environment-dev ## the tests that kill processes and servers, at length (FAULT_SEED=… for another story)
	@FAULT_KILLS=$${FAULT_KILLS:-1000} FAULT_LETTERS=$${FAULT_LETTERS:-2000} FAULT_ROUNDS=$${FAULT_ROUNDS:-20} \
		$(PY) -m pytest -n 0 -m faults

bench: environment-dev ## how fast, beside a yardstick
	@$(PY) -m benchmarks

screens: environment-dev ## pictures of every page into docs/screens/
	@$(PY) -m tests.e2e.screens

lock: environment-dev ## pin the requirements with hashes
	@taperplan/local/lock.sh
