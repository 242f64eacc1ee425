"""Options that say which data sets are read, and what is known of their sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from training.data.picture import Split

Command = Callable[..., Any]

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_data = click.option(
    "--data",
    "folders",
    metavar="PATH",
    multiple=True,
    required=True,
    type=_FOLDER,
    help="Folder with {train,valid,test}/[<source>/]{real,fake}/, or with {real,fake}/ alone. May "
    "be given more than once.",
)
# The same as arguments, for commands about data alone.
_arguments = click.argument("folders", metavar="PATH...", nargs=-1, required=True, type=_FOLDER)
_centre = click.option(
    "--centre",
    "centres",
    metavar="NAME=SHARE",
    multiple=True,
    help="Only this share of each side, about the middle, is photograph in a source's pictures.",
)
_group = click.option(
    "--group",
    "groups",
    metavar="NAME=PATTERN",
    multiple=True,
    help="A regular expression for a source's file names; what is in its brackets names the "
    "person, clip or photo, which stays whole where data is divided.",
)


def data_sets(command: Command) -> Command:
    """``--data`` and what is said of it: ``data_sets``, a list[DataSet]."""
    return _data(_centre(_group(_with_data_sets(command))))


def data_set_arguments(command: Command) -> Command:
    """As :func:`data_sets`, with arguments in place of ``--data``."""
    return _arguments(_centre(_group(_with_data_sets(command))))


def _with_data_sets(command: Command) -> Command:
    @wraps(command)
    def called(
        folders: Sequence[Path], centres: Sequence[str], groups: Sequence[str], **given: Any
    ) -> Any:
        from training.data.data_set import parse_data_sets
        from training.data.source_facts import parse_facts

        try:
            sets = parse_data_sets(map(str, folders), parse_facts(centres, groups))
        except ConfigurationError as error:
            raise click.UsageError(error.message) from error
        return command(data_sets=sets, **given)

    return called


def split_of(choice: str) -> Split | None:
    """The split that ``--split`` names; ``all`` is None."""
    from training.data.picture import Split

    return None if choice == "all" else Split(choice)
