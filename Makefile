# make serve   set everything up and run the service on an embedded Redis
# make test    set everything up and run all tests; ARGS=tests/api runs some, in one process
# make lint    formatter, linter, types, import contracts
# make lock    pin every dependency again (needs uv)
#
# PYTHON=/path/to/python3.12 chooses the interpreter, VENV the environment, PORT the port.

IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
            $$p -c '$(IN_RANGE)' 2>/dev/null && echo $$p && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
PORT   ?= 8000
# Processes that share the tests: one more than the smallest machine has cores, for many tests wait for
# a process to start or to end. Each may take 3 GB. 0 runs them all in one process, as a debugger needs it.
TESTERS ?= $(if $(ARGS),0,3)

.PHONY: serve test lint lock clean

serve: $(VENV)/.serve
	$(BIN)/deepfake serve --port $(PORT)

test: $(VENV)/.dev
	tests/browser/set_up.sh
	$(BIN)/python -m pytest -n $(TESTERS) --dist worksteal $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock:
	requirements/lock.sh

clean:
	rm -rf $(VENV)

# .dev holds all that .serve does, in the same versions.
$(VENV)/.serve $(VENV)/.dev: $(VENV)/.%: requirements/%.txt requirements/build.txt pyproject.toml clients/python/pyproject.toml | $(BIN)/python
	$(BIN)/pip install --require-hashes -r $<
	$(BIN)/pip install --require-hashes -r requirements/build.txt
	$(BIN)/pip install --no-deps --no-build-isolation --editable clients/python --editable .
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or 3.12 was found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
