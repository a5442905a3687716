# Everything a newcomer, CI and we ourselves run. `make help` lists it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.ready
JOBS ?= 2
DEMO_OUTPUT ?= demo-output

.PHONY: help demo test check lint docs bench clean lock system-demo system-test workflows release check-tag

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml tools/bootstrap/environment.sh tools/bootstrap/uv.lock
	@sh tools/bootstrap/environment.sh $(VENV)
	@touch $@

system-demo:
	@sh tools/bootstrap/system-packages.sh demo

system-test:
	@sh tools/bootstrap/system-packages.sh test

demo: system-demo $(STAMP) ## build, publish and install two weeklies and a release of real LSST sources
	@$(PYTHON) demo/run.py --output $(DEMO_OUTPUT)

test: system-test $(STAMP) lint ## every check and every test
	@$(PYTHON) -m coverage erase
	$(PYTHON) -m pytest -n $(JOBS) --dist loadfile --cov --cov-report= --durations=10
	@$(PYTHON) -m coverage report --include='*/core/*,*/install/*' --fail-under=100
	@# The whole is higher than measured: programs that tests start are not counted.
	@$(PYTHON) -m coverage report --fail-under=90

check: $(STAMP) lint ## the quick path: linters, types, layers and the fast tests
	$(PYTHON) -m pytest -q -n $(JOBS) --dist loadfile -m "not (slow or conda or eups or network)" tests/unit tests/golden

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/yamllint --strict .
	@sh tools/bootstrap/shellcheck.sh
	$(VENV)/bin/hadolint --failure-threshold style containers/*/Containerfile

docs: $(STAMP) ## the manual, into docs/_build/html
	@rm -rf docs/reference/generated docs/_build
	$(PYTHON) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

workflows: $(STAMP) ## check GitHub workflows, and that callers of the last release can go on
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/rubin-releng workflow render --check
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/rubin-releng workflow check
	PYTHONPATH=tools $(PYTHON) -m selfrelease series v1

release: $(STAMP) ## the commit of a release: make release VERSION=0.2.0
	@PYTHONPATH=tools $(PYTHON) -m selfrelease prepare "$${VERSION:?write make release VERSION=0.2.0}"

check-tag: $(STAMP)
	@PYTHONPATH=tools $(PYTHON) -m selfrelease check "$$TAG" --notes "$$NOTES" --outputs "$$OUTPUTS"

bench: $(STAMP) ## speed against peers and physical floors
	@for script in benchmarks/bench_*.py; do $(PYTHON) $$script || exit 1; done

lock: ## write requirements.lock anew
	@sh tools/bootstrap/environment.sh --only-uv $(VENV)
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --all-extras --group dev pyproject.toml -o requirements.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) $(DEMO_OUTPUT) build dist docs/_build docs/reference/generated .coverage .coverage.* \
	  .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
