from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from deepfake.cli import cli
from tests.training.data.check.files import save, scene
from training.commands.data import check
from training.data.check.duplicates import MAX_DISTANCE
from training.data.check.file_probe import MAX_AUC


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["data", "check", *map(str, arguments)])


def _data(root: Path, *, leak: bool = False) -> Path:
    for index in range(4):
        save(root / "train" / "original" / f"{index}.jpg", scene(index))
        save(root / "test" / "swapped" / f"{index}.jpg", scene(index if leak else 9 + index))
    return root


def test_folders_that_say_no_class_are_an_error_until_they_are_told(tmp_path: Path) -> None:
    told = _run(_data(tmp_path))
    assert told.exit_code == 1
    assert "--real NAME" in told.stderr
    told = _run(tmp_path, "--real", "original", "--fake", "swapped")
    assert told.exit_code == 0
    assert told.stdout.splitlines()[-1] == "8 pictures, 0 broken; errors: 0, warnings: 0."


def test_a_leak_fails_and_the_output_for_machines_is_json_alone(tmp_path: Path) -> None:
    names = ("--real", "original", "--fake", "swapped")
    told = _run(f"mine={_data(tmp_path, leak=True)}", *names, "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    kinds = [error["kind"] for error in found["errors"]]
    assert kinds == ["same_file_across_splits", "same_file_in_both_classes"]
    assert {row["source"] for row in found["files"]} == {"mine"}


def test_a_path_without_data_is_a_usage_error(tmp_path: Path) -> None:
    assert _run(tmp_path / "absent").exit_code == 2


def test_the_defaults_of_the_command_are_those_of_the_check() -> None:
    defaults = {option.name: option.default for option in check.params}
    assert (defaults["distance"], defaults["limit"]) == (MAX_DISTANCE, MAX_AUC)
