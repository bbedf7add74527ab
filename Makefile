# Every target is one line a person would type. `make` alone lists them.
#
# The first target that needs .venv makes it from requirements/dev.lock, as `test`, `parity` and `bench` make
# .venv-peers from requirements/peers.lock; from then on nothing here uses the network.
# `make PYTHON=python3.13 test` chooses the interpreter. The tools run on all cores by themselves, so the targets run
# one after the other even under -j, and the output stays readable.

.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules

UV_VERSION := 0.13.9
BIN := .venv/bin
PIP := -m pip -qq --disable-pip-version-check --no-input

# What black formats. generated/ is only checked: its templates print black's form, and black sees little of it.
SOURCES = $(wildcard generator src tests benchmarks tools examples hatch_build.py distributions/*/hatch_build.py)

# pyright must neither ask the network for a newer pyright nor take whatever node is on PATH: both are in the lock.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYRIGHT_PYTHON_GLOBAL_NODE := 0

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- Work ------------------------------------------------------------------------------------------------------

.PHONY: generate check lint types test parity matrix bench docs format
generate: .venv/ready ## Write generated/ anew from flyteidl's descriptors, and the tables in the docs
	$(BIN)/flytegen generate
	$(BIN)/python -m tools.differences --write
	$(BIN)/python -m tools.contract --write
	$(BIN)/python -m tools.migrating --write

check: .venv/ready ## Fail if generated/ or a generated table is not what its generator writes
	$(BIN)/flytegen check
	$(BIN)/python -m tools.differences --check
	$(BIN)/python -m tools.contract --check
	$(BIN)/python -m tools.migrating --check

lint: .venv/ready ## Check formatting (black), style (ruff) and who imports whom (import-linter)
	$(BIN)/black --quiet --check --diff $(SOURCES) generated
	$(BIN)/ruff check --quiet
	$(BIN)/lint-imports --no-logo --no-cache

types: .venv/ready ## Check types with mypy and pyright, side by side: each keeps one core busy
	@$(BIN)/mypy & mypy=$$!; $(BIN)/pyright; pyright=$$?; wait $$mypy && exit $$pyright

test: check lint types ## Run everything a change must pass: check, lint, types, tests, parity, quick matrix
	$(BIN)/python -m pytest -n auto --dist=worksteal
	@command -v chromedriver >/dev/null || echo 'Pages were not tried in a browser: there is no chromedriver'
	@if ($(call find_python,$(PEERS_PYTHONS),11,12)) >/dev/null; then $(MAKE) --no-print-directory parity; else \
		echo 'Parity was not measured: flytekit needs Python 3.11 or 3.12, and neither was found'; fi
	$(BIN)/python -m tools.matrix --quick

parity: .venv-peers/ready ## Compare models with the real flytekit, and let it use the sandbox
	.venv-peers/bin/python -m pytest tests/parity tests/real/flytekit -q -n 2 --dist=loadfile
	.venv-peers/bin/python -m tools.losses --check

matrix: .venv/ready ## Run the tests on all that we support: Pythons, protobufs, every flyteidl since 1.5, an old flytekit, other packages
	$(BIN)/python -m tools.history --check
	$(BIN)/python -m tools.releases
	$(BIN)/python -m tools.packages --check
	$(BIN)/python -m tools.flytekits
	$(BIN)/python -m tests.fuzz --seconds 10
	$(BIN)/python -m tools.matrix

bench: .venv/ready .venv-peers/ready ## Compare speed with raw protobuf, flytekit, betterproto2, proto-plus and pydantic
	.venv-peers/bin/python -m benchmarks

docs: .venv/ready ## Build the documentation, with a reference of everything public
	$(BIN)/python -m tools.site
	$(BIN)/zensical build --clean --strict

format: .venv/ready ## Mend what lint can mend by itself
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/black --quiet $(SOURCES)

# ---- Upgrade ---------------------------------------------------------------------------------------------------

.PHONY: upgrade history losses packages
# What a new release must pass. `make upgrade GATE=check` only generates.
GATE := test
TAKE = $(if $(FLYTEIDL),flyteidl==$(FLYTEIDL))

upgrade: .venv/ready ## Take the newest flyteidl, or TAKE=flyteidl2==2.0.50: pins, code, change page, gate (needs the network)
	@taken=$$($(BIN)/python -m tools.upgrade $(TAKE)) || exit; [ -n "$$taken" ] || exit 0; \
	$(MAKE) --no-print-directory lock TAKE="$$taken" && \
	$(MAKE) --no-print-directory generate && \
	$(MAKE) --no-print-directory history && \
	if ($(call find_python,$(PEERS_PYTHONS),11,12)) >/dev/null; then $(MAKE) --no-print-directory losses; fi && \
	$(MAKE) --no-print-directory $(GATE)

history: .venv/ready ## Write anew what changed from release to release of flyteidl and flyteidl2 (needs the network)
	$(BIN)/python -m tools.history --write

losses: .venv-peers/ready ## Measure anew what comes through flytekit and flytebind, for the README
	.venv-peers/bin/python -m tools.losses --write

packages: .venv/ready ## Try the generator on packages that others publish, for the docs (needs the network)
	$(BIN)/python -m tools.packages --write

# ---- Ship ------------------------------------------------------------------------------------------------------

.PHONY: build release lock clean
build: .venv/ready ## Build each distribution, an sdist and from it the wheel, into dist/
	@rm -rf dist
	@for each in distributions/*/; do $(BIN)/python -m build --no-isolation --outdir dist "$$each" || exit; done

release: build ## Check what was built as users meet it, and its API against the last release (needs the network)
	$(BIN)/python -m tools.advisories --ask
	$(BIN)/python -m tools.release $(if $(AGAINST),--against '$(AGAINST)')

lock: .venv/ready ## Pin dependencies anew, or with UPGRADE=1 the newest of them (needs the network)
	@echo 'Writing requirements/dev.lock and requirements/peers.lock'
	@$(BIN)/python $(PIP) install uv==$(UV_VERSION)
	$(UV_COMPILE) --python-version 3.10 -o requirements/dev.lock --group dev --extra all --extra flyte2 --extra generator pyproject.toml
	$(UV_COMPILE) --python-version 3.11 -o requirements/peers.lock --extra remote --extra flyte2 pyproject.toml requirements/peers.in

LOCK_TAKEN = $(if $(TAKE),--upgrade-package '$(TAKE)')

# No host name and no path of this machine gets into a lock.
UV_COMPILE = @$(BIN)/uv pip compile --no-config --quiet $(if $(UPGRADE),--upgrade) $(LOCK_TAKEN) --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-emit-package flytebind --custom-compile-command 'make lock'

clean: ## Remove what was built, environments included; generated/ stays
	rm -rf .venv .venv-peers .matrix build dist site
	rm -rf .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find $(SOURCES) $(wildcard generated) -type d -name __pycache__ -prune -exec rm -rf {} +

# ---- Environments ----------------------------------------------------------------------------------------------
# `locked` says that every package of the lock is in, `ready` that flytebind is too. `locked` names the checkout,
# because the scripts of a moved environment point nowhere. What is broken or half made is made anew.

PYTHONS := python3.11 python3.12 python3.13 python3.10 python3
# A PYTHON that is asked for is asked for .venv. The peers take it where it suits flytekit, which stops at 3.12.
PEERS_PYTHONS = $(PYTHON) $(PYTHONS)

# $(call find_python,names,lowest,highest): a shell command that prints the first interpreter which really runs (a pyenv
# shim may be on PATH and yet fail), is neither older nor newer than these minor versions, and can make environments.
find_python = for python in $1; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, $2) <= sys.version_info[:2] <= (3, $3))' >/dev/null 2>&1 \
	&& echo "$$python" && exit 0; done; exit 1

# $(call check_env,folder,names,lowest,highest): FORCE unless the environment works, works here, and is of the Python
# that would be found now, if one was asked for.
identity = import sys; print(sys.base_prefix, sys.version)
check_env = $(shell [ "$$(cat $1/locked 2>/dev/null)" = '$(CURDIR)' ] && $1/bin/python -c 'import pip' 2>/dev/null \
	$(if $(PYTHON),&& [ "$$($1/bin/python -c '$(identity)')" = "$$($$($(call find_python,$2,$3,$4)) -c '$(identity)' 2>&1)" ]) \
	|| echo FORCE)

.PHONY: FORCE
FORCE:

# $(call env_rules,folder,lock,names,lowest,highest)
define env_rules
$1/locked: $2 $(call check_env,$1,$3,$4,$5)
	@python=$$$$($$(call find_python,$3,$4,$5)) || { \
		echo 'No usable Python 3.$4 to 3.$5 found; name one: make PYTHON=/path/to/python' >&2; exit 1; }; \
	echo "Making $1 with $$$$python from $2 (a minute or two, once)"; \
	rm -rf $1 && "$$$$python" -m venv $1
	@$1/bin/python $(PIP) install --require-hashes -r $2
	@echo '$(CURDIR)' > $$@

$1/ready: $1/locked pyproject.toml
	@echo 'Installing flytebind into $1, editable'
	@$1/bin/python $(PIP) install --no-deps --no-build-isolation -e .
	@touch $$@
endef

$(eval $(call env_rules,.venv,requirements/dev.lock,$(or $(PYTHON),$(PYTHONS)),10,13))
$(eval $(call env_rules,.venv-peers,requirements/peers.lock,$(PEERS_PYTHONS),11,12))
