"""A run that was killed ends with the bits of one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.fit.runs import fit, make_run
from tests.training.pictures import CentreFace
from training.data.cache import Sample, load_samples
from training.data.manifest import Split, read_pictures
from training.fit import checkpoint, validator
from training.fit.history import read

pytest.importorskip("tensorflow")
CHANGES: dict[str, Any] = {"steps": 14, "validate_every": 4, "early_stopping": 50}
_TIMED = "images_per_s"


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


def _fit(folder: Path, samples: list[Sample], *, kill_at: int | None = None) -> None:
    run = make_run(folder, **CHANGES)
    step_taken, steps = run.trainee.step_taken, [0]

    def die(step: int) -> None:
        step_taken(step)
        steps.append(step)
        if step + 1 == kill_at:
            raise Killed

    run.trainee.step_taken = die  # type: ignore[method-assign]
    validate = validator(samples, run.trainee.network, size=48, margin=0.3)
    # Every step takes a second.
    fit(
        run, samples, validate=validate, report_every=2, checkpoint_every_s=4.0,
        clock=lambda: float(len(steps)),
    )  # fmt: skip


def _history(folder: Path) -> list[dict[str, str]]:
    return [{name: row[name] for name in row if name != _TIMED} for row in read(folder)]


def _same_arrays(one: Path, two: Path) -> None:
    states = [checkpoint.load(folder) for folder in (one, two)]
    assert states[0] is not None
    assert states[1] is not None
    assert states[0].step == states[1].step == 14
    for part in ("model", "optimizer", "average", "best"):
        assert len(states[0].arrays[part]) > 0
        for a, b in zip(states[0].arrays[part], states[1].arrays[part], strict=True):
            np.testing.assert_array_equal(a, b, err_msg=part)
    assert states[0].counters == states[1].counters


@pytest.fixture(scope="module")
def whole(samples: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    _fit(folder, samples)
    return folder


def test_a_run_killed_twice_ends_with_the_same_bits_and_the_same_history(
    samples: list[Sample], whole: Path, tmp_path: Path
) -> None:
    # After a report without checkpoint, and in the middle of a stretch.
    for kill_at in (7, 11):
        with pytest.raises(Killed):
            _fit(tmp_path / "parts", samples, kill_at=kill_at)
    state = checkpoint.load(tmp_path / "parts")
    assert state is not None
    assert state.step == 8
    _fit(tmp_path / "parts", samples)
    _same_arrays(whole, tmp_path / "parts")
    assert _history(whole) == _history(tmp_path / "parts")
    assert len(_history(whole)) == 8  # one more where the crops grow


def die_at_step_7(folder: Path, data_dir: Path, cache_dir: Path) -> None:
    """What the child of the next test does: SIGKILL to itself, with a checkpoint of step 4."""
    samples = load_samples(read_pictures(data_dir, Split.TRAIN), cache_dir, CentreFace).samples
    try:
        _fit(folder, samples, kill_at=7)
    except Killed:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_killed_by_the_system_is_continued(
    samples: list[Sample], whole: Path, data_dir: Path, tmp_path: Path
) -> None:
    code = "import sys, pathlib, tests.training.fit.test_resume as t\n"
    code += "t.die_at_step_7(*map(pathlib.Path, sys.argv[1:]))"
    folders = map(str, (tmp_path / "parts", data_dir, tmp_path / "cache"))
    child = subprocess.run(
        [sys.executable, "-c", code, *folders],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    _fit(tmp_path / "parts", samples)
    _same_arrays(whole, tmp_path / "parts")
    assert _history(whole) == _history(tmp_path / "parts")
