# Two commands do everything on a fresh machine: `make demo` and `make test`. Each sets itself up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
UV := $(or $(shell command -v uv),.cache/uv/bin/uv)

help:  ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.base  ## the whole product on this machine, on embedded defaults; ARGS="--headless --json" are passed on
	@$(PY) -m stream demo $(ARGS)

test: .venv/.dev servers  ## every check and every test; real servers are installed where that is allowed
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest --cov --cov-report=term:skip-covered $(ARGS)

check: .venv/.dev  ## format, lint, types, walls between the rooms (< 1 min)
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports > .cache/imports.log || { cat .cache/imports.log; exit 1; }

unit: .venv/.dev  ## the fast tests alone
	@$(PY) -m pytest -q -m unit $(ARGS)

gpu: .venv/.dev  ## on a machine with an NVIDIA GPU: the tests that need one, then its benches into build/gpu.json (< 10 min)
	@$(PY) -m benchmarks.bench_gpu_all --out build/gpu.json $(ARGS)

bench: .venv/.dev  ## every bench into build/bench.json (hours; ARGS="--quick": minutes)
	@$(PY) -m benchmarks.all $(ARGS)

peers: .venv/.dev .venv-peers/.done  ## what others make, in an environment of its own, and ours beside them; ARGS="--quick"
	@$(PY) -m benchmarks.peers $(ARGS)

servers:  ## Kafka, nginx-rtmp, ffmpeg, Prometheus, Chromium, kcat for the integration tests
	@tests/install_servers.sh

pins: $(UV)  ## write requirements/*.txt anew
	@for set in base: dev:dev,moonshine all:dev,models,moonshine,speech; do \
	  extras=$$(printf '%s' "$${set#*:}" | tr ',' '\n' | sed '/^$$/d; s/^/--extra /'); \
	  $(UV) pip compile -q pyproject.toml $$extras --universal --python-version 3.11 --generate-hashes --upgrade \
	    --no-emit-index-url --no-header -o requirements/$${set%%:*}.txt || exit 1; \
	done
	@$(UV) pip compile -q benchmarks/peers/requirements.in --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-header -o requirements/peers.txt

clean:  ## remove what these commands made
	rm -rf .venv .venv-peers .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.cache/uv/bin/uv:
	@mkdir -p .cache && python3 -m venv .cache/uv && .cache/uv/bin/python -m pip install --quiet uv

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --python '>=3.11,<3.14' .venv

# The lean set that serves; a .dev environment already holds it.
.venv/.base: requirements/base.txt | .venv/bin/python
	@test -e .venv/.dev || $(UV) pip install --quiet --python $(PY) -r requirements/base.txt
	@touch $@

.venv/.dev: requirements/all.txt | .venv/bin/python
	@mkdir -p .cache
	@$(UV) pip install --quiet --python $(PY) -r requirements/all.txt
	@$(UV) pip install --quiet --python $(PY) --no-deps -e .
	@touch .venv/.base $@

.venv-peers/.done: requirements/peers.txt | $(UV)
	@$(UV) venv --quiet --clear --python '>=3.11,<3.14' .venv-peers
	@$(UV) pip install --quiet --python .venv-peers/bin/python --require-hashes -r requirements/peers.txt
	@touch $@

.PHONY: help demo test check unit gpu bench peers servers pins clean
