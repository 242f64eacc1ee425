from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from training.commands import data_options
from training.data.data_set import DataSet


@click.command()
@data_options.data_sets
def show(data_sets: list[DataSet]) -> None:
    told = [(e.name, e.facts.centre_of("old"), e.facts.group_of("c", "a_1")) for e in data_sets]
    click.echo(repr(told))


def test_every_data_set_knows_what_is_said_of_sources(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "films").mkdir()
    arguments = ["--data", str(tmp_path / "faces"), "--centre", "old=0.76", "--group", "c=(.)_"]
    told = CliRunner().invoke(show, [*arguments, "--data", str(tmp_path / "films")])
    assert told.output.strip() == repr([("faces", 0.76, "c/a"), ("films", 0.76, "c/a")])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--data", "nowhere"], "'nowhere' does not exist"),
        (["--data", "{folder}"], "2 data sets are called"),
        (["--centre", "x"], "NAME=SHARE"),
        (["--group", "x=a"], "NAME=PATTERN"),
    ],
)
def test_what_does_not_parse_is_a_usage_error(
    tmp_path: Path, more: list[str], message: str
) -> None:
    arguments = [each.replace("{folder}", str(tmp_path)) for each in more]
    told = CliRunner().invoke(show, ["--data", str(tmp_path), *arguments])
    assert told.exit_code == 2
    assert message in told.output
