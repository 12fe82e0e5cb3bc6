# The bare `make` is lint + test. Every target makes .venv first if it is missing.
PYTHON ?= python3
NOTEBOOK ?= solutions/07_batchnorm_solution.ipynb
# Outside of the checkout; where an older one lies in it already, that one.
WORKSPACE ?= $(if $(wildcard torch-judge/00_welcome.ipynb),torch-judge,$(HOME)/torch-judge)
OPTIONS ?=
BIN := .venv/bin
TURN ?= $(shell git rev-list --count HEAD 2>/dev/null || echo 0)
export PATH := $(CURDIR)/$(BIN):$(PATH)
LAB_SOURCES := $(shell find labextension -name node_modules -prune -o -path "*/lib" -prune -o -path "*_lab/labextension" -prune -o -type f -print)

all: lint types test

.PHONY: all judge lab test named lint format types test-slow test-lab test-image test-gpu audit audit-200 notebooks notebooks-check picture bench class clean

judge: .venv/judge ## set up, then judge a notebook: make judge NOTEBOOK=path
	$(BIN)/torch-judge check $(NOTEBOOK)

lab: ## JupyterLab with torch-judge's buttons: make lab WORKSPACE=folder OPTIONS="--no-browser --port 8889"
	@if [ "$$(id -u)" = 0 ] && ! echo "$(OPTIONS)" | grep -q 'allow.root'; then \
		echo "JupyterLab does not start as root by itself. Use another account, or, in a container that is yours alone:"; \
		echo "    make lab OPTIONS=--allow-root"; exit 1; fi
	@$(MAKE) --no-print-directory -q .venv/lab 2>/dev/null || command -v node >/dev/null || { \
		echo "The buttons are built with Node 20 or later, which is not installed. Install it (Debian: nodejs), or use the"; \
		echo "container instead: docker compose up"; exit 1; }
	@$(MAKE) --no-print-directory .venv/lab
	$(BIN)/torch-judge lab "$(WORKSPACE)" $(OPTIONS)

test: .venv/dev ## the fast suite
	$(BIN)/pytest -n 2 -m "not slow and not gpu"

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/dev
	$(BIN)/mypy

test-slow: .venv/dev ## a real kernel, the worker's walls, golden reports, the wheel in an empty environment
	TURN=$(TURN) $(BIN)/pytest -n 2 -m "slow and not gpu and not lab and not image"

test-lab: .venv/dev .venv/lab ## the JupyterLab extension: its units, its server, and a browser (needs chromium)
	cd labextension && ../$(BIN)/jlpm install --immutable && ../$(BIN)/jlpm check && ../$(BIN)/jlpm test
	$(BIN)/mypy labextension/torch_judge_lab
	$(BIN)/pytest -m lab

test-image: .venv/dev .venv/lab ## build the Dockerfile without an engine and work in it (needs root, buildah, debootstrap, chromium)
	$(BIN)/pytest -m image

test-gpu: .venv/dev
	$(BIN)/pytest -m gpu

audit: .venv/dev ## what has changed proves its tests over 20 seeds, a handful of the rest in turn, and every lesson
	$(BIN)/torch-judge audit --seeds 20 --page docs/audit.md --record docs/audit.json --turn $(TURN)
	$(BIN)/torch-judge audit --lessons --seeds 50

audit-200: .venv/dev ## everything proves its tests in full, over 200 seeds
	$(BIN)/torch-judge audit --seeds 200

named: .venv/dev ## how many mistakes are named when another hand writes them
	$(BIN)/python tests/named.py

notebooks: .venv/dev ## write templates/ and solutions/ anew
	$(BIN)/torch-judge notebooks

notebooks-check: .venv/dev
	$(BIN)/torch-judge notebooks --check

class: .venv/dev ## grade a demonstration class; the last line names the page to open
	rm -rf build/class build/grades
	$(BIN)/torch-judge grade $$($(BIN)/python -m torch_judge.classroom.demo build/class) --out build/grades \
	  --assignment build/class/assignment.toml --roster build/class/roster.csv

picture: .venv/dev ## draw docs/report.svg anew, from a real run
	$(BIN)/python docs/picture.py

bench: .venv/dev .venv/lab ## times of check, beside the bare cost of its cases, and from the button to the page
	$(BIN)/python -m bench
	$(BIN)/python -m bench.lab
	$(BIN)/python -m bench.official $(OTHER) # OTHER=folder: beside another checkout's
	$(if $(OTHER),$(BIN)/python -m bench.kernel $(OTHER))
	$(BIN)/python -m bench.classroom

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/judge: pyproject.toml constraints.txt
	@echo "Installing the judge and PyTorch into .venv; the first time that takes some minutes ..."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev: .venv/judge
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.venv/lab: .venv/judge $(LAB_SOURCES)
	@echo "Installing JupyterLab and what pictures and quizzes need ..."
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[plots,widgets]' "jupyterlab~=4.5.0" ipykernel
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt hatchling hatch-jupyter-builder
	@echo "Building the buttons and the panel with Node; a minute or two ..."
	rm -rf labextension/lib labextension/torch_judge_lab/labextension # else the build is skipped
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps ./labextension
	touch $@
