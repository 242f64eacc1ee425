"""The client's own command line, and how it makes way for the service's."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from deepfake_client import cli


def test_alone_it_offers_what_talks_to_a_service() -> None:
    told = CliRunner().invoke(cli.cli, ["--help"], prog_name="deepfake")
    assert "\n  feedback " in told.output
    assert "\n  submit " in told.output
    assert "Examples" in told.output


def test_without_the_service_the_script_runs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda **_: [])
    monkeypatch.setattr(sys, "argv", ["deepfake", "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert "This is the client alone" in capsys.readouterr().out


def test_beside_the_service_the_script_runs_the_services_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = EntryPoint("service", "deepfake.cli:main", cli.ENTRY_POINTS)
    monkeypatch.setattr(cli, "entry_points", lambda **_: [service])
    monkeypatch.setattr(sys, "argv", ["deepfake", "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "\n  serve " in shown
    assert "\n  submit " in shown
