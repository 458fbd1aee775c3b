# Everything on a fresh machine with Python 3.11+: `make reports`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
STUDY ?= voorbeeld

.PHONY: reports test lab lint lock clean

reports: $(VENV)/.installed  ## build the example study, then open reports/voorbeeld/index.html
	$(BIN)/casestudy build $(STUDY)

test: $(VENV)/.installed-dev  ## all tests; browser tests need Chromium
	$(BIN)/python -m pytest -n 2

lab: $(VENV)/.installed  ## JupyterLab on the notebooks
	$(BIN)/casestudy lab $(STUDY)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(BIN)/uv  ## renew the exact versions in constraints.txt
	$(UV) pip compile --quiet --universal --all-extras --upgrade --no-header --no-annotate pyproject.toml --output-file constraints.txt

clean:  ## remove everything that was made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find reports -mindepth 1 -not -name .gitkeep -delete
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "casestudy needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/uv
	$(UV) pip install --quiet --compile-bytecode --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/uv
	$(UV) pip install --quiet --compile-bytecode --constraint constraints.txt --editable '.[dev,suggest]'
	touch $@ $(VENV)/.installed
