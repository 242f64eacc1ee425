"""``deepfake data check``: what is wrong with a data set before anything is trained on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from training.commands import data_options

if TYPE_CHECKING:
    from training.data.data_set import DataSet


@click.group("data")
def data() -> None:
    """Look at data sets.

    \b
    Example:
      deepfake data check ../shared/data
    """


@data.command("check")
@data_options.data_set_arguments
@click.option(
    "--distance",
    default=24,
    show_default=True,
    type=click.IntRange(0, 255),
    help="Bits of 256 in which the perceptual hashes of one picture may differ.",
)
@click.option(
    "--limit",
    default=0.65,
    show_default=True,
    type=click.FloatRange(0.5, 1.0),
    help="AUC above which files alone tell the classes apart.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything that was found, with every file.")
def check(
    data_sets: Sequence[DataSet],
    distance: int,
    limit: float,
    as_json: bool,
) -> None:
    """Count the pictures of [NAME=]PATH, find copies across splits, and classes that files tell.

    Shows sizes, formats, JPEG qualities and chroma subsampling by split, source and class. An
    ERROR is a leak: the same file, the same picture to the eye or the same group (a person, a
    video) in two splits, or one file in both classes; or more than 1 % of the pictures are
    broken. A WARNING is anything else, above all that size, format or encoding alone tell real
    from fake, measured with a small decision tree on held-out files.

    \b
    Exit codes:
      0  no error; there may be warnings
      1  an error was found, or the data could not be read
      2  the command line is wrong

    \b
    Examples:
      deepfake data check ../shared/data
      deepfake data check ffhq=real-vs-fake swaps=faces.tsv --json > found.json
      deepfake data check frames/ --real original --fake manipulated
    """
    from training.data.check.findings import check_pictures
    from training.data.check.summary import to_json
    from training.data.check.text import to_text
    from training.data.manifest import read_all

    pictures = read_all(data_sets)
    findings = check_pictures(pictures, max_distance=distance, max_auc=limit)
    click.echo(json.dumps(to_json(findings), indent=2) if as_json else to_text(findings))
    if findings.errors:
        raise click.exceptions.Exit(1)
