# `make run` and `make test` work on a fresh machine with Python 3.11, make and git.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp
LOCK_STAMP := .venv/.lock-stamp
# On two cores: a third of the whole run is waiting, of the quick tests nothing. Random order is pytest-randomly's default; who
# has no test left takes of the other's.
WORKERS ?= 3
QUICK_WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest --dist worksteal
# Compiled once: some containers forbid it, and each of the hundreds of programs that the tests start would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test check types quick-tests lint fix lock quality quality-short bench manners screenshots
.DEFAULT_GOAL := check

setup: $(STAMP)

# The third-party part is installed once per lock, the project once per pyproject: `make run` needs no network afterwards.
$(LOCK_STAMP): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("aggregator needs Python 3.11 or newer, this is %d.%d: make setup PYTHON=python3.11" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(STAMP): $(LOCK_STAMP) pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: setup
	$(BIN)/aggregator run

test: setup
	$(PYTEST) -n $(WORKERS) -ra $(PYTEST_OPTIONS)

# The types beside the tests: they take ten seconds where much has changed, half a second else. Both are told to the end.
check: setup
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports --no-logo > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target types quick-tests

types:
	$(BIN)/mypy --no-error-summary

quick-tests:
	$(PYTEST) -n $(QUICK_WORKERS) -m 'not slow and not newsboat'

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The measured tables, each with its JSON. DATA holds recorded feeds and labelled texts; without it they say so and pass.
DATA ?= ../shared/data
LABELLED := $(wildcard tests/topics/labelled/*.jsonl)
SHORT_SERIES := bbc_business ru_bbc gesab_stuffnz

quality: setup
	$(BIN)/python bench/topics_quality.py $(DATA)
	for texts in $(LABELLED); do $(BIN)/aggregator topics evaluate $$texts || exit 1; done
	$(BIN)/python bench/near_dup.py $(DATA)
	$(BIN)/python bench/stories.py $(DATA)
	$(BIN)/python bench/groups.py $(DATA)
	$(BIN)/python bench/wire_texts.py $(DATA)
	$(BIN)/python bench/feedparser_tests.py $(DATA)
	$(BIN)/python bench/atom_checker.py $(DATA)
	$(BIN)/python bench/read_all.py $(DATA)
	$(BIN)/python bench/replay.py $(DATA)
	$(BIN)/python bench/month.py $(DATA)

quality-short: setup
	$(BIN)/python bench/topics_quality.py $(DATA)
	for texts in $(LABELLED); do $(BIN)/aggregator topics evaluate $$texts || exit 1; done
	$(BIN)/python bench/near_dup.py --short $(DATA)
	$(BIN)/python bench/stories.py --short $(DATA)
	$(BIN)/python bench/groups.py $(DATA) $(SHORT_SERIES)
	$(BIN)/python bench/wire_texts.py $(DATA)
	$(BIN)/python bench/feedparser_tests.py $(DATA)
	$(BIN)/python bench/atom_checker.py $(DATA)
	$(BIN)/python bench/replay.py $(DATA) $(SHORT_SERIES)

# CPU per poll; beside lemon24/reader where READER_PYTHON names an interpreter that has it.
bench: setup
	$(BIN)/python bench/cost.py --feeds 200
	$(BIN)/python bench/in_flight.py
	$(BIN)/python bench/readers.py 400
	$(BIN)/python bench/publish_cost.py --topics 100
	$(BIN)/python bench/serving.py

# Each rule of good manners on a server of our own; beside lemon24/reader where READER_PYTHON names an interpreter that has it.
manners: setup
	$(BIN)/python bench/manners.py

# The pictures in docs/images, of an invented week; needs Chromium.
screenshots: setup
	$(BIN)/python bench/screenshots.py

# Needs uv; the lock holds hashes and no address.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock
