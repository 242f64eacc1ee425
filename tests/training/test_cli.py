from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import training


@pytest.mark.parametrize("command", ["fit", "export", "evaluate", "gate"])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    result = CliRunner().invoke(training, [command, "--help"])
    assert result.exit_code == 0
    assert f"python -m training {command} --data" in result.output


def test_a_data_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    result = CliRunner().invoke(training, ["evaluate", "--data", missing])
    assert result.exit_code == 2
    assert "missing" in result.output


def test_the_cache_is_never_inside_the_repository() -> None:
    from training.commands import cache_folder

    repository = Path(__file__).resolve().parents[2]
    assert repository not in cache_folder(None).resolve().parents
