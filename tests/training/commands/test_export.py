"""From a run folder to a bundle, and that bundle fitted to other data: the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.model.bundle import RuntimeName, load_bundle
from deepfake.cli import cli
from tests.training.pictures import tiny_network
from tests.training.trained_networks import striped

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")


FEW = ("--false-positives", 0.3, "--misses", 0.3)  # of about a dozen pictures of each class


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    striped(tiny_network()).save(folder / "model.keras")
    counts = {"portraits": {"real": 7, "fake": 5}, "cut_outs": {"real": 2, "fake": 0}}
    content = {"recipe": {"network": "tiny", "margin": 0.2}, "pictures": {"train": counts}}
    (folder / "run.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(autouse=True)
def tiny_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.networks.find_network", lambda _name: tiny_network())


def test_a_run_becomes_a_bundle_that_is_then_fitted_to_other_data(
    run_dir: Path, data_dir: Path, tmp_path: Path
) -> None:
    bundle, copy, cache = tmp_path / "tiny-v1", tmp_path / "tiny-here", tmp_path / "cache"
    told = run(
        "export", "--run", run_dir, "--data", data_dir, "--out", bundle, "--cache", cache,
        "--licence", "MIT", "--no-int8", *FEW,
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "Expected calibration error" in told.stdout
    assert "differs from Keras by at most" in told.stdout
    manifest = load_bundle(bundle).manifest
    assert manifest.data == "7 real of portraits, 5 fake of portraits, 2 real of cut_outs"
    assert set(manifest.artifacts) == {RuntimeName.TENSORFLOW, RuntimeName.OPENVINO_FP32}
    assert manifest.input.margin == 0.2
    assert manifest.calibration is not None
    assert manifest.calibration.method == "platt"
    told = run(
        "calibrate", "--model", bundle, "--data", data_dir, "--split", "train", "--out", copy,
        "--cache", cache, *FEW,
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert f"{copy}: fake from" in told.stdout
    fitted = load_bundle(copy).manifest.calibration
    assert fitted is not None
    assert fitted.method == "platt"
    assert "train of data" in fitted.fitted_on
    assert load_bundle(bundle).manifest == manifest


def test_a_bundle_that_exists_is_told_before_anything_is_read(
    data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    # A run that would be refused too, as it holds no network: it is not looked at.
    told = run("export", "--run", tmp_path, "--data", data_dir, "--out", tmp_path / "b")
    assert told.exit_code == 1
    assert "exists already; choose a new folder" in told.stderr
    told = run("export", "--run", tmp_path, "--data", data_dir, "--out", tmp_path / "My Bundle")
    assert "'My Bundle' is not one of a bundle" in told.stderr


def test_options_that_exclude_each_other_are_named(
    run_dir: Path, data_dir: Path, tmp_path: Path
) -> None:
    told = run(
        "export", "--run", run_dir, "--data", data_dir, "--out", tmp_path / "b",
        "--no-int8", "--allow-int8-drop",
    )  # fmt: skip
    assert told.exit_code == 2
    assert "exclude each other" in told.stderr


def test_a_folder_without_a_run_is_named(data_dir: Path, tmp_path: Path) -> None:
    told = run("export", "--run", tmp_path, "--data", data_dir, "--out", tmp_path / "b")
    assert told.exit_code == 1
    assert f"{tmp_path} holds no run" in told.stderr
