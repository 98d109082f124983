# All that is needed: make, and Python 3.11 or newer. `make help` lists the targets.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh
PY := .venv/bin/python
export PORT ?= 8000
export PYTHON

.PHONY: help demo demo-reset test test-fast test-hours mutants check lock bench screens faults sbom audit environment-local environment-dev

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
	@echo "templates";    $(PY) -m djlint templates --lint --quiet
	@echo "types";        $(PY) -m mypy --no-error-summary
	@echo "floors";       .venv/bin/lint-imports --no-logo
	@# What they would do to a running server needs a database to see: tests/architecture/test_migrations.py.
	@echo "migrations";   $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run --verbosity 0
	@echo "system check"; $(PY) manage.py check --fail-level WARNING --verbosity 0

# Compiled files are kept, also where Python is told to write none: compiling the tests takes longer than most of them,
# and every process that a test starts would compile the project again.
COMPILED := PYTHONDONTWRITEBYTECODE=

test: check ## all checks and all tests
	@$(COMPILED) $(PY) -m pytest -n auto --maxprocesses 8 --dist worksteal -q --durations 15

test-fast: environment-dev ## the tests for between two thoughts, under a minute
	@$(COMPILED) $(PY) -m pytest -n auto --maxprocesses 8 -q --durations 5 --ignore tests/e2e --ignore tests/faults \
		-m "not slow and not browser and not faults"

# Moments (UTC) that tests must not depend on: a Sunday night, a leap day, and two minutes before the hour that summer
# time takes away, in New York and in London. Only the test processes live then: the servers are started without it.
HOURS ?= 2026-12-06T23:39:00 2028-02-29T10:00:00 2027-03-14T06:58:00 2027-03-28T00:58:00

test-hours: environment-dev ## the tests at awkward hours; needs faketime (TESTS=tests/web for a part, HOURS=… for others)
	@command -v faketime >/dev/null || { echo "Install faketime (Debian: apt-get install faketime)."; exit 1; }
	@failed=0; for hour in $(HOURS); do \
		echo "at $$hour UTC"; \
		TZ=UTC NO_FAKE_STAT=1 faketime -f "@$$(echo $$hour | tr T ' ')" $(PY) -m pytest -n $(or $(WORKERS),2) --dist worksteal -q \
			-m "not browser and not faults" $(TESTS) || failed=1; \
	done; exit $$failed

mutants: environment-dev ## put faults in, one by one: which does no test notice? (MUTANT=name for one, --fast for test-fast's)
	@$(PY) -m tests.mutants $(MUTANT)

faults: environment-dev ## the tests that kill processes and servers, at length (FAULT_SEED=… for another story)
	@FAULT_KILLS=$${FAULT_KILLS:-1000} FAULT_MESSAGES=$${FAULT_MESSAGES:-2000} FAULT_ROUNDS=$${FAULT_ROUNDS:-20} \
		$(PY) -m pytest -n 0 -m faults

bench: environment-dev ## how fast, beside a yardstick
	@$(PY) -m benchmarks

screens: environment-dev ## pictures of every page into var/screens/; those the documents show are renewed
	@$(PY) -m tests.e2e.screens

sbom: environment-dev ## what an installation is made of, into var/: a CycloneDX file and a list of licences
	@mkdir -p var && $(PY) -m taperplan.bom --sbom var/sbom.cdx.json --licences var/licences.txt

audit: environment-dev ## known weaknesses of the pinned packages; says plainly where it could not be asked
	@taperplan/local/audit.sh

lock: environment-dev ## pin the requirements with hashes
	@taperplan/local/lock.sh
