"""What a process of its own does for ``test_backend``: one run in two parts, and one as a whole.

    KERAS_BACKEND=jax python -m tests.training.fit.on_a_backend FOLDER DATA CACHE

Prints what the whole run says of itself, and its logit of a grey picture, as JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from tests.training.fit.runs import fit, make_run
from tests.training.pictures import CentreFace
from training.data.cache import load_samples
from training.data.manifest import Split, read_pictures
from training.fit import validator
from training.fit.backend import import_backend


class Stopped(Exception):
    """Ends the first part of a run behind its checkpoint of step 6."""


def stop_at_step_9(line: str) -> None:
    if line.startswith("step 9/"):
        raise Stopped


def main(folder: Path, data_dir: Path, cache_dir: Path) -> None:
    import_backend()
    samples = load_samples(read_pictures(data_dir, Split.TRAIN), cache_dir, CentreFace).samples
    half = make_run(folder / "parts")
    validate = validator(samples, half.trainee.network, size=48, margin=0.5)
    with suppress(Stopped):
        fit(half, samples, validate=validate, show=stop_at_step_9)
    assert half.step == 6
    for name in ("parts", "whole"):
        run = make_run(folder / name)
        fit(run, samples, validate=validate)
    run.note(samples, samples)
    grey = np.zeros((1, 48, 48, 3), np.float32)
    logit = float(run.trainee.averaged_model().predict_on_batch(grey)[0, 0])
    print(json.dumps({"told": run.describe(), "logit": logit}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
