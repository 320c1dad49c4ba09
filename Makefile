# holdfast: `make demo` shows it, `make test` proves it. `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
SOURCES := src tests examples benchmarks tools
# Only the folders that exist: ruff refuses a path that is not there.
FOUND = $(wildcard $(SOURCES))
COVERAGE := --cov --cov-report=term --cov-fail-under=95

.DEFAULT_GOAL := help
.PHONY: help venv demo demo-media test coverage test-slow test-compat bench format lock clean \
	check check-imports check-shape check-lint check-format check-types check-public-types

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

venv: $(STAMP) ## set up the environment in .venv from requirements.lock

# Runs again only when the lock or pyproject.toml changed. An interrupted set-up leaves no stamp.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) tools/make_venv.py $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## start the example system, run its cases, write the reports
	@cd examples/anomaly && PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONPATH="$(CURDIR)" holdfast run

demo-media: $(STAMP) ## organise media files: many, in little memory, four at once; then the cases of that example
	@cd examples/media && PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONPATH="$(CURDIR)" python -m examples.media.demo
	@cd examples/media && PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONPATH="$(CURDIR)" holdfast run --exclude-slow

# Each core goes through its stretch of the tests in order, so that what a module has set up
# serves all of its tests, and takes from the others' when it is done.
test: $(STAMP) ## run the test suite on all cores (ARGS="-k name" for a part, "-n 0" on one)
	@$(PY) -m pytest -n auto --dist worksteal $(ARGS)

coverage: $(STAMP) ## run the test suite and measure what it covers, children included; takes twice as long
	@$(PY) -m pytest $(COVERAGE) $(ARGS)

test-slow: $(STAMP) ## run the tests marked slow
	@$(PY) -m pytest -m "slow and not bench" $(ARGS)

test-compat: ## run the test suite on every supported Python that is installed
	@$(PYTHON) tools/compat.py "$(MAKE)"

bench: $(STAMP) ## measure the figures, print them as a table
	@$(PY) -m benchmarks

check: check-imports check-shape check-lint check-format check-types check-public-types ## check layers, sizes, style and types

check-imports: $(STAMP)
	@$(VENV)/bin/lint-imports --no-logo --cache-dir .cache/import_linter

check-shape: $(STAMP)
	@$(PY) -m tools.check_shape

check-lint: $(STAMP)
	@$(VENV)/bin/ruff check --quiet --output-format concise $(FOUND)

check-format: $(STAMP)
	@$(VENV)/bin/ruff format --quiet --check $(FOUND)

check-types: $(STAMP)
	@$(VENV)/bin/pyright

check-public-types: $(STAMP)
	@$(VENV)/bin/mypy

format: $(STAMP) ## format the sources, repair what can be repaired
	@$(VENV)/bin/ruff check --quiet --fix-only $(FOUND)
	@$(VENV)/bin/ruff format $(FOUND)

lock: ## compile requirements.lock from pyproject.toml (add ARGS=--upgrade for newer versions)
	@test -x $(VENV)/bin/uv || $(MAKE) venv
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header \
		--extra postgres --extra example --extra repl --extra plot --extra memray \
		--extra bench --extra dev --universal $(ARGS) pyproject.toml -o requirements.lock

clean: ## remove the environment and all caches; runs and reports stay
	rm -rf .venv .venv-3.* .cache .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests examples benchmarks tools -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
