"""A data set as it is given on the command line: ``PATH`` or ``NAME=PATH``, and its weight."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigurationError
from training.data.classes import BY_NAME, ClassNames
from training.data.picture import Picture, Split
from training.data.source_facts import SourceFacts
from training.data.splits import split_by_chance
from training.data.table import Row

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder or a table of pictures; a name that was given stands before its sources."""

    path: Path
    name: str
    named: bool = False
    facts: SourceFacts = field(default_factory=SourceFacts)
    classes: ClassNames = BY_NAME  # what names of folders and labels mean

    def source(self, folder: str = "") -> str:
        """What pictures are called that lie in the folder of a source, or in none."""
        if not folder:
            return self.name
        return f"{self.name}/{folder}" if self.named else folder

    def picture(
        self,
        path: Path,
        row: Row,
        source: str,
        *,
        fake: bool,
        split: Split | None,
        otherwise: Callable[[str], Split] = split_by_chance,
    ) -> Picture:
        """A picture or film with what its row says; ``otherwise`` gives its group a split."""
        group = row.group or self.facts.group_of(source, path.name)
        return Picture(
            path, row.file, split or otherwise(group), source, fake, group, row.generator, row.kind,
            group_stated=bool(row.group), split_stated=split is not None,
            centre=row.centre or self.facts.centre_of(source),
        )  # fmt: skip


def parse_data_set(text: str) -> DataSet:
    """``PATH``, or ``NAME=PATH`` where no such file exists.

    Raises :class:`ConfigurationError` when there is nothing at the path.
    """
    name, equals, rest = text.partition("=")
    named = bool(equals) and not Path(text).exists()
    path = Path(rest if named else text)
    if named and not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"--data {text}: {name!r} is no name; take letters, digits, '.', '_' and '-'."
        )
    if not path.exists():
        raise ConfigurationError(f"--data {text}: there is no folder and no table at {path}.")
    return DataSet(path, name if named else path.resolve().stem or "data", named)


def parse_data_sets(texts: Iterable[str]) -> list[DataSet]:
    """Several at once; raises :class:`ConfigurationError` when two have the same name."""
    sets = [parse_data_set(text) for text in texts]
    name, times = Counter(each.name for each in sets).most_common(1)[0] if sets else ("", 0)
    if times > 1:
        raise ConfigurationError(
            f"{times} data sets are called {name!r}; tell them apart with --data NAME=PATH."
        )
    return sets


def parse_weight(text: str) -> tuple[str, float]:
    """``NAME=2.5``; raises :class:`ConfigurationError` unless it is a number of 0 or more."""
    name, _, number = text.rpartition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not name or not 0 <= weight < math.inf:
        raise ConfigurationError(
            f"--weight {text}: expected NAME=NUMBER with a number of 0 or more, as dfdc=2.5."
        )
    return name, weight


def source_weights(
    texts: Iterable[str], sources: Sequence[str], kinds: Sequence[str] = ()
) -> dict[str, float]:
    """Weights by source or kind; the name of a data set stands for all its sources.

    Raises :class:`ConfigurationError` when no source and no kind has that name.
    """
    weights: dict[str, float] = {}
    for name, weight in map(parse_weight, texts):
        meant = [source for source in sources if source == name or name in source.split("/")]
        meant += [kind for kind in kinds if kind == name]
        if not meant:
            raise ConfigurationError(
                f"--weight {name}: no source or kind has that name; there are "
                f"{', '.join([*sources, *kinds])}."
            )
        weights |= dict.fromkeys(meant, weight)
    return weights
