# The bare `make` is lint + test. Every target makes .venv first if it is missing.
PYTHON ?= python3
NOTEBOOK ?= solutions/07_batchnorm_solution.ipynb
WORKSPACE ?= torch-judge
BIN := .venv/bin
TURN ?= $(shell git rev-list --count HEAD 2>/dev/null || echo 0)
export PATH := $(CURDIR)/$(BIN):$(PATH)
LAB_SOURCES := $(shell find labextension -name node_modules -prune -o -path "*/lib" -prune -o -path "*_lab/labextension" -prune -o -type f -print)

all: lint types test

.PHONY: all judge lab test lint format types test-slow test-lab test-image test-gpu audit audit-200 notebooks notebooks-check picture bench class clean

judge: .venv/judge ## set up, then judge a notebook: make judge NOTEBOOK=path
	$(BIN)/torch-judge check $(NOTEBOOK)

lab: .venv/lab ## JupyterLab with torch-judge's buttons: make lab WORKSPACE=folder
	$(BIN)/torch-judge lab $(WORKSPACE)

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
	$(BIN)/pytest -n 2 -m "slow and not gpu and not lab and not image"

test-lab: .venv/lab ## the JupyterLab extension: its units, its server, and a browser (needs chromium)
	cd labextension && ../$(BIN)/jlpm install --immutable && ../$(BIN)/jlpm check && ../$(BIN)/jlpm test
	$(BIN)/mypy labextension/torch_judge_lab
	$(BIN)/pytest -m lab

test-image: .venv/lab ## build the Dockerfile without an engine and work in it (needs root, buildah, debootstrap, chromium)
	$(BIN)/pytest -m image

test-gpu: .venv/dev
	$(BIN)/pytest -m gpu

audit: .venv/dev ## what has changed proves its tests over 20 seeds, and a handful of the rest in turn
	$(BIN)/torch-judge audit --seeds 20 --page docs/audit.md --record docs/audit.json --turn $(TURN)

audit-200: .venv/dev ## everything proves its tests in full, over 200 seeds
	$(BIN)/torch-judge audit --seeds 200

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

bench: .venv/lab ## times of check, beside the bare cost of its cases, and from the button to the page
	$(BIN)/python -m bench
	$(BIN)/python -m bench.lab
	$(BIN)/python -m bench.classroom

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/judge: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev: .venv/judge
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.venv/lab: .venv/dev $(LAB_SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt "jupyterlab~=4.5.0" hatch-jupyter-builder
	rm -rf labextension/lib labextension/torch_judge_lab/labextension # else the build is skipped
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps ./labextension
	touch $@
