from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from training.commands import data_options
from training.data.data_set import DataSet


@click.command()
@data_options.data_sets
@data_options.weights
def show(**given: Any) -> None:
    sets = [(each.name, each.named, each.classes.is_fake("b")) for each in given["data_sets"]]
    click.echo(repr((sets, given["weights"])))


def test_several_data_sets_weights_and_names_are_taken(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    arguments = ["--data", str(tmp_path / "faces"), "--data", f"x={tmp_path}", "--weight", "x=2"]
    told = CliRunner().invoke(show, [*arguments, "--real", "a", "--fake", "b", "--fake", "c"])
    assert told.output.strip() == repr(([("faces", False, True), ("x", True, True)], ("x=2",)))


@pytest.mark.parametrize("first", [True, False])
def test_every_data_set_knows_what_is_said_of_sources(tmp_path: Path, first: bool) -> None:
    @click.command()
    @data_options.data_sets
    def tell(data_sets: list[DataSet]) -> None:
        click.echo(
            repr([(e.facts.centre_of("old"), e.facts.group_of("c", "a_1")) for e in data_sets])
        )

    facts = ["--centre", "old=0.76", "--group", "c=(.)_"]
    data = ["--data", str(tmp_path), "--data", f"x={tmp_path}"]
    told = CliRunner().invoke(tell, [*facts, *data] if first else [*data, *facts])
    assert told.output.strip() == repr([(0.76, "c/a")] * 2)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--data", "nowhere"], "no folder and no table"),
        (["--weight", "x"], "NAME=NUMBER"),
        (["--centre", "x"], "NAME=SHARE"),
        (["--group", "x=a"], "NAME=PATTERN"),
        (["--real", "a", "--fake", "A"], "both name 'a'"),
    ],
)
def test_what_does_not_parse_is_a_usage_error(
    tmp_path: Path, more: list[str], message: str
) -> None:
    told = CliRunner().invoke(show, ["--data", str(tmp_path), *more])
    assert told.exit_code == 2
    assert message in told.output
