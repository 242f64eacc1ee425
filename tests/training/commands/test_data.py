from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from deepfake.cli import cli
from tests.training.data.check.files import save, scene


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["data", "check", *map(str, arguments)])


def _data(root: Path, *, leak: bool = False) -> Path:
    for index in range(4):
        save(root / "train" / "real" / f"{index}.jpg", scene(index))
        save(root / "test" / "fake" / f"{index}.jpg", scene(index if leak else 9 + index))
    return root


def test_folders_that_say_no_class_are_an_error(tmp_path: Path) -> None:
    save(tmp_path / "train" / "original" / "a.jpg", scene(0))
    told = _run(tmp_path)
    assert told.exit_code == 1
    assert "'original' names no class; call the folders real and fake" in told.stderr


def test_a_sound_data_set_passes_and_a_leak_fails(tmp_path: Path) -> None:
    told = _run(_data(tmp_path / "sound"))
    assert told.exit_code == 0
    assert told.stdout.splitlines()[-1] == "8 pictures, 0 broken; errors: 0, warnings: 0."
    told = _run(_data(tmp_path / "leak", leak=True))
    assert told.exit_code == 1
    assert told.stdout.splitlines()[-1] == "8 pictures, 0 broken; errors: 2, warnings: 0."


def test_a_path_without_data_is_a_usage_error(tmp_path: Path) -> None:
    assert _run(tmp_path / "absent").exit_code == 2
