# Two commands from a clone: `make demo` and `make test`. Both share one .venv.
PYTHON ?= python3
# `make bundle PYTHON=3.12` names the target's version; the venv is made by python3 then
MAKER := $(if $(filter 3.%,$(PYTHON)),python3,$(PYTHON))
VENV := .venv
BIN := $(VENV)/bin

.PHONY: docs-site tutorials pictures demo test dist bundle validate soak planting fuzz audit test-minimum test-latest lint page-code notebooks benchmarks demo-data docs clean

demo: $(VENV)/.installed
	$(BIN)/geoplan demo --out maps/demo

test: $(VENV)/.installed-test lint page-code
	$(BIN)/python -m pytest -q -n 2 --dist worksteal
	kept=$$(mktemp -d) && trap 'rm -rf "$$kept"' EXIT && GEOPLAN_TEST_CACHE=$$kept \
	  $(BIN)/python -m pytest -q -n 2 --nbmake --nbmake-timeout=300 notebooks

# An sdist and a wheel of geoplan, the maps' code inside, in dist/
dist: $(BIN)/python
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build

# A folder that installs geoplan without the internet: make bundle [PLATFORM=win_amd64] [PYTHON=3.12]
PLATFORM ?= win_amd64
PYTHON_FOR ?= $(if $(filter 3.%,$(PYTHON)),$(PYTHON),3.12)
bundle: $(VENV)/.installed
	$(BIN)/python bundle/make_bundle.py --platform $(PLATFORM) --python $(PYTHON_FOR)

# Published results and cases worked by hand, beside geoplan's: into docs/validation.md
validate: $(VENV)/.installed
	$(BIN)/python -m validation --write

# Random siting problems against every choice of sites, runs killed at random moments, and every
# property with inputs of its own: make soak [SEEDS=1000] [FIRST=0] [KILLS=200]
SEEDS ?= 1000
FIRST ?= 0
KILLS ?= 200
soak: $(VENV)/.installed-test
	$(BIN)/python -m tests.siting.oracle.soak --seeds $(SEEDS) --first $(FIRST)
	$(BIN)/python -m tests.writing.kill_runs --kills $(KILLS)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m hypothesis --hypothesis-profile=new tests

# Broken inputs by the thousand, counted by kind and outcome: make fuzz [CASES=10000] [SEED=0]
CASES ?= 10000
SEED ?= 0
fuzz: $(VENV)/.installed-test
	$(BIN)/python -m tests.fuzz --cases $(CASES) --seed $(SEED)

# Known weaknesses of what is installed; DATABASE=PyPI-all.zip of OSV records needs no network
audit: $(VENV)/.installed-test
	$(BIN)/python -m tests.supply_chain.audit $(if $(DATABASE),--database $(DATABASE))

# Personal data planted in inputs of every kind, every byte of every output searched: make planting [STUDIES=80]
STUDIES ?= 80
planting: $(VENV)/.installed-test
	$(BIN)/python -m tests.planting.search --seeds $(STUDIES) --first $(FIRST)

# Old libraries beside new ones warn of each other; warnings of ours are still errors.
OLD_WARNINGS := -W default::DeprecationWarning -W default::PendingDeprecationWarning \
  -W default::SyntaxWarning -W default::FutureWarning -W default::pytest.PytestUnraisableExceptionWarning

# Every dependency at its stated lower bound, and at its newest release; each has a venv of its own.
test-minimum:
	$(PYTHON) -m venv $(VENV)-minimum
	$(VENV)-minimum/bin/python -m pip install --quiet uv
	$(VENV)-minimum/bin/uv pip compile --quiet --resolution lowest-direct --only-binary :all: \
	  --extra test --extra postgis --extra cluster pyproject.toml -o $(VENV)-minimum/lowest.txt
	$(VENV)-minimum/bin/uv pip install --quiet --python $(VENV)-minimum/bin/python -r $(VENV)-minimum/lowest.txt
	$(VENV)-minimum/bin/uv pip install --quiet --python $(VENV)-minimum/bin/python --no-deps -e .
	$(VENV)-minimum/bin/python -m pytest -q -n 2 --dist worksteal $(OLD_WARNINGS)

test-latest:
	$(PYTHON) -m venv $(VENV)-latest
	$(VENV)-latest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager -e '.[test,postgis,cluster]'
	$(VENV)-latest/bin/python -m pytest -q -n 2 --dist worksteal

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# The maps' JavaScript: linter, types, unit tests. Only these need Node, so they are left out without it.
page-code:
	@if command -v npm >/dev/null; then \
	  npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent lint && npm run --silent types && npm test --silent; \
	else echo "SKIPPED: the maps' JavaScript was not checked, as there is no npm (apt-get install npm)" >&2; fi

notebooks: $(VENV)/.installed-notebooks
	$(BIN)/jupyter lab notebooks

benchmarks: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/travel.py
	$(BIN)/python benchmarks/siting.py
	$(BIN)/python benchmarks/proofs.py
	$(BIN)/python benchmarks/siting_rules.py
	$(BIN)/python benchmarks/set_covering.py
	$(BIN)/python benchmarks/programme.py
	$(BIN)/python benchmarks/inputs.py
	$(BIN)/python benchmarks/maps.py
	$(BIN)/python benchmarks/demo.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/towns.py

demo-data: $(VENV)/.installed
	$(BIN)/python -m geoplan.demo_city data/jinan_demo

docs: $(VENV)/.installed
	$(BIN)/python docs/make_api.py
	$(BIN)/python docs/make_licences.py

# The site in both languages, warnings as errors, into site/: open site/index.html, no server needed.
# Tutorials show their outputs once `make tutorials` has run (several minutes; kept in build/).
docs-site: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict -f mkdocs.yml
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict -f mkdocs.zh-CN.yml

tutorials: $(VENV)/.installed-docs
	$(BIN)/python docs/make_tutorials.py

# The pictures of the docs, from a run: make pictures [RUN=maps/demo/out]
RUN ?= maps/demo/out
pictures: $(VENV)/.installed-test
	$(BIN)/python docs/make_pictures.py $(RUN)

clean:
	find geoplan \( -name '*.nbi' -o -name '*.nbc' \) -delete
	rm -rf $(VENV) $(VENV)-minimum $(VENV)-latest maps/demo node_modules site build

$(BIN)/python:
	$(MAKER) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[test,postgis,cluster]'
	touch $@ $(VENV)/.installed

$(VENV)/.installed-notebooks: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[notebooks]'
	touch $@

$(VENV)/.installed-docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[docs]'
	touch $@

$(VENV)/.installed-bench: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[bench]'
	touch $@
