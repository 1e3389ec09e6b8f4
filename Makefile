# Two commands do everything on a fresh machine: `make demo` and `make test`. Both set themselves up.
SHELL := /bin/bash
PY := .venv/bin/python

check: .venv/.dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
