from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.growth import __main__ as command


def test_every_table_has_a_command_with_an_example() -> None:
    told = CliRunner().invoke(command.main, ["--help"]).output
    for name in command.TABLES:
        assert f"\n  {name} " in told
        about = CliRunner().invoke(command.main, [name, "--help"]).output
        assert f"python -m benchmarks.growth --short {name}" in about


def test_tables_are_printed_and_written_alike_and_progress_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "growth.md"
    monkeypatch.setattr(command, "TABLES", {"faces": ("", lambda asked: f"| {asked.rounds} |")})
    for rounds in ("1", "2"):
        done = CliRunner().invoke(command.main, ["--rounds", rounds, "--write", str(page), "faces"])
        assert done.exit_code == 0
        assert done.stdout == f"| {rounds} |\n\n"
        assert "faces" in done.stderr
    assert page.read_text().count("| 2 |") == 1
    assert "| 1 |" not in page.read_text()
