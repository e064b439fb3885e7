PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPACE_VENV := .venv-space

.PHONY: demo test space site format clean

demo: $(VENV)/.installed  ## the app on http://127.0.0.1:7860
	$(BIN)/python app.py

test: $(VENV)/.installed-dev web/node_modules/.installed  ## format, lint, types and every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m pytest

space: $(VENV)/.installed-dev  ## start the app as a Space does, then from a wheel, in a new environment from requirements.txt alone
	rm -rf $(SPACE_VENV)
	$(PYTHON) -m venv $(SPACE_VENV)
	$(SPACE_VENV)/bin/python -m pip install --disable-pip-version-check --quiet --requirement requirements.txt
	SPACE_PYTHON=$(CURDIR)/$(SPACE_VENV)/bin/python $(BIN)/python -m pytest tests/test_space_start.py
	$(SPACE_VENV)/bin/python -m pip wheel --disable-pip-version-check --quiet --no-deps --wheel-dir $(SPACE_VENV)/wheel .
	$(SPACE_VENV)/bin/python -m pip install --disable-pip-version-check --quiet $(SPACE_VENV)/wheel/zsbir-*.whl
	WHEEL_PYTHON=$(CURDIR)/$(SPACE_VENV)/bin/python $(BIN)/python -m pytest tests/test_wheel.py
	rm -rf $(SPACE_VENV) build zsbir.egg-info

site: $(VENV)/.installed  ## the page without a server, as a folder of files
	$(BIN)/python -m zsbir.site build --out site

format: $(VENV)/.installed-dev  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment and all caches
	rm -rf $(VENV) $(SPACE_VENV) web/node_modules .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing into $(VENV), a few minutes the first time."
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

web/node_modules/.installed: web/package-lock.json
	@if command -v npm > /dev/null; then cd web && npm ci --no-audit --no-fund; else echo "No npm: the page without a server is not tested."; fi
	@mkdir -p $(@D) && touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Expected Python 3.10 or newer as $(PYTHON); give another: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
