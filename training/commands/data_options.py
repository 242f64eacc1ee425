"""Options that say which data sets are read, what their folders mean and what they weigh."""

# ruff: noqa: PLC0415 - --help must be quick: packages are imported where they are used

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from training.data.data_set import DataSet
    from training.data.picture import Split


def _parsed(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> list[DataSet]:
    from training.data.data_set import parse_data_sets

    try:
        return parse_data_sets(texts)
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error


def _checked(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> Sequence[str]:
    from training.data.data_set import parse_weight

    try:
        for text in texts:
            parse_weight(text)
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error
    return texts


# list[DataSet]
data_sets = click.option(
    "--data",
    "data_sets",
    metavar="[NAME=]PATH",
    multiple=True,
    required=True,
    callback=_parsed,
    help="Folder with {train,valid,test}/[<source>/]{real,fake}/, or with {real,fake}/ alone, or a "
    "TSV or CSV table with the columns file and class. May be given more than once.",
)
# The same as arguments, for commands about data alone.
data_set_arguments = click.argument(
    "data_sets", metavar="[NAME=]PATH...", nargs=-1, required=True, callback=_parsed
)
# the texts, known to parse: source_weights(texts, sources) gives the weights
weights = click.option(
    "--weight",
    "weights",
    metavar="NAME=NUMBER",
    multiple=True,
    callback=_checked,
    help="How often a source, or all of a named data set, is drawn; 0 leaves it out.",
)
# ClassNames.of(real_names, fake_names)
real_names = click.option(
    "--real", "real_names", metavar="NAME", multiple=True, help="A folder name that means real."
)
fake_names = click.option(
    "--fake", "fake_names", metavar="NAME", multiple=True, help="A folder name that means fake."
)


def split_of(choice: str) -> Split | None:
    """The split that ``--split`` names; ``all`` is None."""
    from training.data.picture import Split

    return None if choice == "all" else Split(choice)
