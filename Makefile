# Every target sets up what it needs, in folders of the repository; running it again is quick.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_INSTALL := -m pip install -qq --disable-pip-version-check -c constraints.txt
BIN := .venv/bin

.PHONY: help setup solve test verify speed clean

help:
	@echo "make solve    solve the example network: value, proof, plan, report"
	@echo "make test     linter, type checker and tests (some ten minutes on two cores)"
	@echo "make verify   the full counts, printed at the end"
	@echo "make speed    the benchmark against other libraries (ROWS=... picks rows by name)"

setup: .venv/ready

solve: .venv/ready
	$(BIN)/gamesolve solve attack_graph

test: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadgroup

verify: .venv/ready
	$(BIN)/pytest -n 2 --dist loadgroup -m slow

speed: .venv/ready .venv-peers/ready
	$(BIN)/python -m gamesolve.analyses.speed $(ROWS)

clean:
	rm -rf .venv .venv-peers build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

# The environment holds the repository itself (editable), so only these two files make it out of date.
.venv/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "gamesolve needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up .venv (a minute or two, once)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python $(PIP_INSTALL) setuptools wheel
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation -e '.[dev]'
	@$(BIN)/gamesolve doctor >/dev/null  # does it work? And what all games share is compiled by then.
	@touch $@

# Other libraries stay out of our environment, so that nothing of ours can lean on them.
.venv-peers/ready: constraints.txt Makefile
	@test -n "$(PYTHON)" || { echo "gamesolve needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up .venv-peers (a minute or two, once)"
	@.venv-peers/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python $(PIP_INSTALL) open_spiel==2.0.2 LiteEFG==1.0.0 cvxpy==1.9.3 ecos==2.0.14 matplotlib networkx
	@touch $@
