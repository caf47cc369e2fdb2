# Everything a contributor does, by name. CI runs `make ci`.
PYTHON ?= .venv/bin/python

.PHONY: install run test check coverage wheel-test ci generated clean

install: .venv/installed

.venv/installed: pyproject.toml
	test -d .venv || python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --upgrade pip
# CPU torch first: a range that admits newer releases makes pip fetch several GB of CUDA.
	$(PYTHON) -m pip install --quiet torch==2.13.0
	$(PYTHON) -m pip install --quiet --editable '.[dev]'
	touch $@

# The main job, on a real clip; the model arrives on first use.
run: .venv/bin/audiocli
	.venv/bin/audiocli transcribe tests/data/jfk.flac

.venv/bin/audiocli: pyproject.toml
	test -d .venv || python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --editable .

test: install check
	$(PYTHON) -m pytest

check: install
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command as lint; lint()" --no-logo
	$(PYTHON) tools/make_completions.py --check
	$(PYTHON) tools/make_help.py --check

# The tests again, with the lines that they run counted; fails below the floor of pyproject.toml.
# Counting lines costs time, so `make test` does without.
coverage: install
	$(PYTHON) -m pytest --cov --cov-report=term

ci: check coverage wheel-test

# The wheel alone: built, installed without extras, run outside the checkout.
wheel-test: install
	$(PYTHON) tools/check_wheel.py

# Completions and the help page, out of the program itself.
generated: install
	$(PYTHON) tools/make_completions.py
	$(PYTHON) tools/make_help.py

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
