# Two commands for a new user: `make demo` and `make test`. Both make what they need.

PYTHON ?= python3
VENV ?= .venv
SEED ?= 1
PATIENTS ?= 100
PORT ?= 2124
# Test files run side by side, each file in one process.
WORKERS ?= logical
# What is installed for `make test`; with imaging, local, ray and training too, nothing is skipped for want of them.
EXTRAS ?= dev
CONSTRAINTS ?=
# The closed loop: so many students, and where they are made.
SEEDS ?= 3
OUT ?= .clinseek/loop

# One environment a place: a folder that was moved or copied is set up again.
PLACE := $(shell printf '%s' "$(CURDIR)" | cksum | cut -d' ' -f1)
READY := $(VENV)/.ready-$(PLACE)
COMMA := ,
DEV_READY := $(VENV)/.$(subst $(COMMA),-,$(EXTRAS))-ready-$(PLACE)
LOOP_READY := $(VENV)/.loop-ready-$(PLACE)
RUN := $(VENV)/bin/python

# Patient data stays home (clinseek sets the same for itself).
QUIET := env -u LANGSMITH_API_KEY -u LANGCHAIN_API_KEY LANGSMITH_TRACING=false LANGSMITH_TRACING_V2=false LANGCHAIN_TRACING=false \
	LANGCHAIN_TRACING_V2=false LANGSMITH_TRACING_SAMPLING_RATE=0 LANGSMITH_ENDPOINT=http://127.0.0.1:9 \
	LANGSMITH_TEST_TRACKING=false LANGGRAPH_CLI_NO_ANALYTICS=1 LANGGRAPH_NO_VERSION_CHECK=true

.PHONY: help demo test lint bench loop mutants studio drills drills-quick drills-full release-check clean

help:
	@echo "make demo [SEED=4] [PATIENTS=100]   a synthetic cohort, three questions, three cited answers"
	@echo "make test                           lint, types, import directions and every test"
	@echo "make bench [BENCH=--json]           what everything costs, beside what the machine needs for it"
	@echo "make loop [SEEDS=1]                 a teacher's runs, a student from nothing, and what it learnt (40 min; SEEDS=1: 15)"
	@echo "make mutants                        weaken every availability rule in turn: is each noticed?"
	@echo "make drills                         what holds while things break (drills-quick, drills-full)"
	@echo "make release-check                  is this commit fit to be given out? (wheel, metadata, every extra; 30 min)"
	@echo "make studio [PORT=2124]             the graph in LangGraph Studio (langgraph dev)"
	@echo "make clean                          remove the environment and every cache"

demo: $(READY)
	@$(RUN) -m clinseek demo --seed $(SEED) --patients $(PATIENTS)

test: lint
	$(QUIET) OMP_NUM_THREADS=1 $(RUN) -m pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist loadfile

lint: $(DEV_READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo

bench: $(DEV_READY)
	$(QUIET) OMP_NUM_THREADS=1 $(RUN) -m benchmarks.table $(BENCH)

loop: $(LOOP_READY)
	@$(QUIET) OMP_NUM_THREADS=1 $(RUN) -m clinseek.training.loop --out $(OUT) --seeds $(SEEDS)

mutants: $(DEV_READY)
	$(QUIET) $(RUN) -m tests.validity.mutants

drills: $(DEV_READY)
	$(QUIET) $(RUN) -m drills --size short --jobs 2

drills-quick: $(DEV_READY)
	$(QUIET) $(RUN) -m drills --size quick --jobs 3

drills-full: $(DEV_READY)
	$(QUIET) $(RUN) -m drills --size full --markdown docs/drills.md

release-check: $(VENV)/.python-$(PLACE)
	$(QUIET) $(RUN) -m release

studio: $(DEV_READY)
	@echo "Studio: open https://smith.langchain.com/studio/?baseUrl=http://127.0.0.1:$(PORT) (the page is remote, your data is not sent there by clinseek)"
	umask 077 && $(QUIET) $(RUN) -m langgraph_cli dev --no-browser --port $(PORT)

$(VENV)/.python-$(PLACE):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "clinseek needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	@touch $@

$(READY): pyproject.toml | $(VENV)/.python-$(PLACE)
	$(RUN) -m pip install --quiet --editable .
	@touch $@

$(LOOP_READY): pyproject.toml | $(VENV)/.python-$(PLACE)
	$(RUN) -m pip install --quiet --editable '.[training]' 'transformers[serving]' $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
	@touch $@ $(READY)

$(DEV_READY): pyproject.toml | $(VENV)/.python-$(PLACE)
	$(RUN) -m pip install --quiet --editable '.[$(EXTRAS)]' $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
	@touch $@ $(READY)

clean:
	rm -rf $(VENV) .langgraph_api .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find clinseek tests benchmarks docs drills release -name __pycache__ -type d -prune -exec rm -rf {} +
