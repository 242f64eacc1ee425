from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deepfake.cli import cli
from tests.training.pictures import tiny_network

SHORT = ("steps=4", "size=32", "early_size=32", "batch_size=4", "weights=none", "freeze_until=0")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipes with a network of a few hundred weights."""
    pytest.importorskip("tensorflow")
    monkeypatch.setattr("training.fit.run.find_network", lambda _name: tiny_network())


def _train(data_dir: Path, run_dir: Path, *arguments: object) -> Result:
    given = ("train", "--data", data_dir, "--cache", run_dir.parent / "cache", "--out", run_dir)
    return CliRunner().invoke(cli, [*map(str, given), *map(str, arguments)])


def _set(*settings: str) -> list[str]:
    return [part for setting in settings for part in ("--set", setting)]


def test_one_command_trains_and_says_what_it_does(data_dir: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    arguments = (*_set(*SHORT, "mixture.weights.portraits=2"), "--report-every", 2)
    told = _train(data_dir, run_dir, *arguments)
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert "recipe: faces, network efficientnet_lite0, 4 steps of 4" in lines[0]
    assert lines[1] == "weights: none, every layer starts at random"
    assert re.search(
        r"mixture: fakes portraits \d+%, dfdc \d+%; \d of 1\d have a real picture", told.stdout
    )
    # No face is found in the pictures of this test.
    assert "self-blended: 0 fakes, of the 0 of 1" in told.stdout
    assert "valid loss" in lines[-2]
    assert " accuracy " in lines[-2].partition("valid loss")[2]
    assert lines[-1] == f"done: {run_dir}"
    assert {path.name for path in run_dir.iterdir()} == {
        "checkpoint.npz", "curve.svg", "history.csv", "model.keras", "run.json"
    }  # fmt: skip
    again = _train(data_dir, run_dir, *arguments)
    assert "this run has ended at step 4" in again.stdout


def test_a_recipe_that_counts_epochs_is_planned_for_the_pictures(
    data_dir: Path, tmp_path: Path
) -> None:
    settings = _set("freeze_until=0", "epochs=2", "batch_size=8", "weights=none")
    told = _train(data_dir, tmp_path / "run", "--recipe", "frozen_base", "--limit", 2, *settings)
    assert told.exit_code == 0, told.output
    assert "2 steps of 8" in told.stdout  # two looks at eight pictures


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--recipe", "best"), "no recipe 'best'"),
        (("--set", "stepz=3"), "no field 'stepz'"),
        (("--set", "size=8"), "size (given: 8): Input should be greater than or equal to 32"),
        (("--leave-out", "lfw"), "no fakes are of that source"),
    ],
)
def test_what_cannot_be_is_one_line(
    data_dir: Path, tmp_path: Path, arguments: tuple[object, ...], told: str
) -> None:
    result = _train(data_dir, tmp_path / "run", *arguments)
    assert result.exit_code == 1
    assert told in result.stderr.splitlines()[-1]


def test_the_recipes_can_be_listed_without_data() -> None:
    told = CliRunner().invoke(cli, ["train", "--list-recipes"])
    assert told.exit_code == 0
    assert "advanced_fine_tune" in told.stdout
