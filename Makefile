# Industrial Vitamins: `make` lists what there is. Needs only make and Python 3.11 to 3.13.
#   make book PYTHON=python3.12     another interpreter for the environment

SHELL := $(shell command -v bash)
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c '$(SUITABLE)' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
PORT ?= 8000
SECONDS ?= 60
TIMES ?= 100
SEED ?= 7

ENV := .venv/.complete
BIN := .venv/bin
SITE := _build/html/.complete
FUZZER := _build/fuzz/packages/.complete
VALIDATORS := _build/validators/packages/.complete
CROISSANT := _build/croissant/packages/.complete
SOURCES := $(shell find lib data chapters locale -type f ! -name '*.pyc' ! -name '.*' ! -path '*/.*' 2>/dev/null) \
	$(wildcard index.ipynb _config.yml _toc.yml CITATION.cff)

# A wheel cache must not need a home; Python and pip must neither read nor write the user's own packages.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
ifeq ($(strip $(HOME)),)
export UV_CACHE_DIR := $(CURDIR)/_build/cache/uv
export PIP_CACHE_DIR := $(CURDIR)/_build/cache/pip
endif

.PHONY: help book test fuzz croissant kills lint hooks map lock serve audit twice bench release newest v2 clean moved

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

book: $(SITE) ## set up, check the data, run the notebooks, build the site to _build/html
	@echo "Open $(CURDIR)/_build/html/index.html in a browser, or run: make serve"

test: $(SITE) $(VALIDATORS) ## every test: code, notebooks, and the built site in a browser
	@[ "$${BOOK_SKIP_BROWSER:-}" = 1 ] || $(BIN)/python -m lib.browser || true
	$(BIN)/python -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder --nbval-lax tests $(wildcard index.ipynb chapters/*.ipynb)

fuzz: $(FUZZER) ## break official files at random and read them; SECONDS=60 for each reader, READERS=baci for some
	PYTHONPATH=$(FUZZER:/.complete=) $(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(READERS)

croissant: $(SITE) $(CROISSANT) ## have mlcroissant validate the description of the tables and load each of them by it
	PYTHONPATH=$(CROISSANT:/.complete=) $(BIN)/python tests/site/loading.py _build/html/data/croissant.json

kills: $(ENV) ## kill builds of a small book at random moments: a whole site and no process may be left; TIMES=100 SEED=7
	$(BIN)/python -m tests.publish.killing --times $(TIMES) --seed $(SEED)

lint: $(ENV) ## style, types, spelling and wording, which room may import which, whether the map holds, and the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/nbstripout --verify --keep-id index.ipynb chapters/*.ipynb
	$(BIN)/lint-imports
	$(BIN)/python -m lib.devtools.map --check
	$(BIN)/codespell
	$(BIN)/python -m lib.devtools.wording
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --no-progress --quiet .github
	$(BIN)/mypy

hooks: $(ENV) ## have git run the quick part of lint before each commit
	$(BIN)/pre-commit install

map: $(ENV) ## draw the map of ARCHITECTURE.md from the imports that the code has
	$(BIN)/python -m lib.devtools.map

lock: $(ENV) ## resolve requirements.txt anew from pyproject.toml; keeps versions that still fit
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --all-extras --group test \
		-o requirements.txt -q

serve: $(SITE) ## show the site at http://localhost:8000 (PORT=8080 for another port)
	$(BIN)/book serve --port $(PORT)

audit: $(SITE) ## accessibility, speed and weight of the built pages; needs Node, installs the rest
	@$(BIN)/python -m lib.browser >/dev/null || true
	$(BIN)/python -m lib.devtools.audit

twice: $(ENV) ## build the last commit in two folders, with and without fonts, and compare the sites; takes twice as long
	$(BIN)/python -m lib.devtools.twice

bench: $(ENV) ## how long builds take, side by side with other ways to do the same; takes half an hour or more
	$(BIN)/python -m lib.devtools.bench

release: $(ENV) ## one zip to archive, with checksums and descriptions: make release VERSION=2026.12
	$(BIN)/book release $(VERSION) --check
	$(BIN)/book check
	$(BIN)/book build
	$(BIN)/book pdf --if-possible
	$(BIN)/book release $(VERSION)

newest: $(ENV) ## try the newest versions of all packages, apart from the lock, and report what fails
	$(BIN)/python -m lib.devtools.newest

v2: $(SITE) ## convert the book for Jupyter Book 2 (mystmd), and report what is lost in docs/exit.md; needs Node
	$(BIN)/python -m lib.devtools.v2

clean: ## remove what was built; the environment in .venv stays
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

$(SITE): $(ENV) $(SOURCES)
	$(BIN)/book check
	$(BIN)/book build
	$(BIN)/book pdf --if-possible
	@touch $@

# Exactly the locked packages, by hash; with uv when it is there and works, else with pip.
# Its commands name the folder that it was made in, so the environment of a checkout that was moved is made anew.
ifneq ($(shell cat $(ENV) 2>/dev/null),$(CURDIR))
$(ENV): moved
endif
$(ENV): requirements.txt pyproject.toml
	@[ ! -e $@ ] || [ "$$(cat $@)" = "$(CURDIR)" ] || rm -rf .venv
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null; then \
		echo "The book needs Python 3.11, 3.12 or 3.13; found $$("$(or $(PYTHON),python3)" --version 2>&1 || true)." >&2; \
		echo "Install one, or name it: make $(or $(MAKECMDGOALS),book) PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@$(WITH_UV) || $(WITH_PIP)
	@echo "$(CURDIR)" > $@

# The fuzzer and the validators lie beside the environment: nothing else needs them. The fuzzer has packages for Linux
# only, and the validators need an older version of a package that the book has.
$(FUZZER): requirements-fuzz.txt $(ENV)
	@$(call BESIDE,$<)

$(VALIDATORS): requirements-validators.txt $(ENV)
	@$(call BESIDE,$<)

define BESIDE
rm -rf $(@D) && { $(BIN)/uv pip install -q --python $(BIN)/python --target $(@D) --require-hashes -r $(1) || \
	$(BIN)/python -m pip install -q --target $(@D) --require-hashes -r $(1); } && touch $@
endef

# mlcroissant needs half a gigabyte with pandas of its own.
$(CROISSANT): requirements-croissant.txt $(ENV)
	@$(call BESIDE,$<)

# An installer's command in, the commands in: the locked packages, then the book itself.
define INSTALL
$(1) --require-hashes -r requirements.txt && $(1) --no-deps --no-build-isolation -e .
endef
UV_INSTALL = pip install -q --compile-bytecode --python $(BIN)/python

define WITH_UV
{ uv --version >/dev/null 2>&1 && echo "Installing the packages of requirements.txt with uv" && \
	{ $(BIN)/python -c '$(SUITABLE)' 2>/dev/null || { rm -rf .venv && uv venv -q --python "$(PYTHON)" .venv; }; } && \
	$(call INSTALL,uv $(UV_INSTALL)); }
endef

# Without uv on the PATH, pip installs the one of the lock, which takes a third of the time for the others.
define WITH_PIP
{ echo "Installing the packages of requirements.txt with pip" && \
	{ $(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv && "$(PYTHON)" -m venv .venv; } || { \
		echo "$(PYTHON) cannot make an environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; } && \
	{ { awk '/^[a-z]/ { of_uv = /^uv==/ } of_uv' requirements.txt > .venv/uv.txt && \
		$(BIN)/python -m pip install -q --require-hashes -r .venv/uv.txt && $(call INSTALL,$(BIN)/uv $(UV_INSTALL)); } || \
		{ $(call INSTALL,$(BIN)/python -m pip install -q); }; }; }
endef
