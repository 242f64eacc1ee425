"""``deepfake data check``: what is wrong with a data set before anything is trained on it."""

from __future__ import annotations

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
def check(data_sets: Sequence[DataSet]) -> None:
    """Count the pictures below PATH, find copies across splits, and classes that files tell.

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
    Example:
      deepfake data check ../shared/data
    """
    from training.data.check.findings import check_pictures
    from training.data.check.text import to_text
    from training.data.manifest import read_all

    findings = check_pictures(read_all(data_sets))
    click.echo(to_text(findings))
    if findings.errors:
        raise click.exceptions.Exit(1)
