from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.fit.runs import fit, make_run
from tests.training.pictures import CentreFace
from training.data.cache import load_samples
from training.data.manifest import Split, read_pictures
from training.fit import backend
from training.fit.devices import choose_strategy
from training.fit.history import read

tf = pytest.importorskip("tensorflow")


def fit_on_two_devices(folder: Path, data_dir: Path, cache_dir: Path) -> None:
    """What the child does: one run on a CPU, the same on two logical ones; prints the losses."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    samples = load_samples(read_pictures(data_dir, Split.TRAIN), cache_dir, CentreFace).samples
    losses = {}
    for name, devices in (("one", None), ("two", ["CPU:0", "CPU:1"])):
        # Without dropout and statistics of the batch, which each device has of its own.
        run = make_run(folder / name, devices, steps=6, dropout=0.0, freeze_norm=True)
        fit(run, samples)
        losses[name] = [float(row["loss"]) for row in read(folder / name)]
        losses[name].append(float(np.abs(run.trainee.averaged_weights()[0]).sum()))
        assert run.trainee.strategy.num_replicas_in_sync == (2 if devices else 1)
    resumed = make_run(folder / "two", ["CPU:0", "CPU:1"], steps=6, dropout=0.0, freeze_norm=True)
    losses["resumed"] = [float(np.abs(resumed.trainee.averaged_weights()[0]).sum())]
    print(json.dumps(losses))


def test_two_devices_train_as_one_does(data_dir: Path, tmp_path: Path) -> None:
    code = "import sys, pathlib, tests.training.fit.test_devices as t\n"
    code += "t.fit_on_two_devices(*map(pathlib.Path, sys.argv[1:]))"
    child = subprocess.run(
        [sys.executable, "-c", code, *map(str, (tmp_path, data_dir, tmp_path / "cache"))],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    losses = json.loads(child.stdout.splitlines()[-1])
    assert losses["two"] == pytest.approx(losses["one"], rel=1e-4)
    assert losses["resumed"] == losses["two"][-1:]


def test_several_devices_are_refused_where_they_cannot_share_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backend, "name", lambda: backend.JAX)
    assert choose_strategy(["gpu:0"]).num_replicas_in_sync == 1
    with pytest.raises(ConfigurationError, match=r"2 devices cannot share a batch on the .* jax"):
        choose_strategy(["gpu:0", "gpu:1"])
