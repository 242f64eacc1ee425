"""Options that say which data sets are read, what their folders mean and what they weigh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from training.data.data_set import DataSet
    from training.data.mixture import Mixture
    from training.data.picture import Split
    from training.data.sample import Sample

Command = TypeVar("Command", bound=Callable[..., Any])
_OF_DATA = ("centres", "groups", "real_names", "fake_names")


def _parsed(ctx: click.Context, __: click.Parameter, texts: Sequence[str]) -> list[DataSet]:
    from training.data.classes import ClassNames
    from training.data.data_set import parse_data_sets
    from training.data.source_facts import parse_facts

    centres, groups, real, fake = (ctx.meta.get(f"{__name__}.{name}", ()) for name in _OF_DATA)
    try:
        facts, classes = parse_facts(centres, groups), ClassNames.of(real, fake)
        return [replace(each, facts=facts, classes=classes) for each in parse_data_sets(texts)]
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error


def _kept(ctx: click.Context, option: click.Parameter, texts: Sequence[str]) -> None:
    """For :func:`_parsed`, which is called later: it puts them into every data set."""
    ctx.meta[f"{__name__}.{option.name}"] = texts


def _checked(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> Sequence[str]:
    from training.data.data_set import parse_weight

    try:
        for text in texts:
            parse_weight(text)
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error
    return texts


def _of_data(flag: str, name: str, metavar: str, told: str) -> Callable[[Command], Command]:
    """An option of which every data set is told."""
    return click.option(
        flag,
        name,
        metavar=metavar,
        multiple=True,
        is_eager=True,
        expose_value=False,
        callback=_kept,
        help=told,
    )


_DESCRIBED = (
    _of_data(
        "--centre",
        "centres",
        "NAME=SHARE",
        "Only this share of each side, about the middle, is photograph in a source's pictures.",
    ),
    _of_data(
        "--group",
        "groups",
        "NAME=PATTERN",
        "A regular expression for a source's file names; what is in its brackets names the "
        "person, clip or photo, which stays whole where data is divided.",
    ),
    _of_data("--real", "real_names", "NAME", "A folder name that means real."),
    _of_data("--fake", "fake_names", "NAME", "A folder name that means fake."),
)
_data = click.option(
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
_arguments = click.argument(
    "data_sets", metavar="[NAME=]PATH...", nargs=-1, required=True, callback=_parsed
)


def data_sets(command: Command) -> Command:
    """``--data`` and what is said of it: list[DataSet], which knows what the others say."""
    return _data(_described(command))


def data_set_arguments(command: Command) -> Command:
    """As :func:`data_sets`, with arguments in place of ``--data``."""
    return _arguments(_described(command))


def _described(command: Command) -> Command:
    for option in reversed(_DESCRIBED):
        command = option(command)
    return command


# the texts, known to parse: source_weights(texts, sources) gives the weights
weights = click.option(
    "--weight",
    "weights",
    metavar="NAME=NUMBER",
    multiple=True,
    callback=_checked,
    help="How often a source, or all of a named data set, is drawn; 0 leaves it out.",
)


def split_of(choice: str) -> Split | None:
    """The split that ``--split`` names; ``all`` is None."""
    from training.data.picture import Split

    return None if choice == "all" else Split(choice)


def weighted(mixture: Mixture, texts: Sequence[str], samples: Sequence[Sample]) -> Mixture:
    """The mixture with the weights of ``--weight``, of sources and kinds that these pictures have.

    Raises :class:`ConfigurationError` for another name.
    """
    from training.data.data_set import source_weights

    pictures = [sample.picture for sample in samples]
    names, kinds = ({*map(attrgetter(name), pictures)} - {""} for name in ("source", "kind"))
    return mixture.with_weights(source_weights(texts, sorted(names), sorted(kinds)))
