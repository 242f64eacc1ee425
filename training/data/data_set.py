"""A data set as it is given on the command line: a folder of pictures, films or both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigurationError
from training.data.picture import Picture, Split
from training.data.source_facts import SourceFacts
from training.data.splits import split_by_chance
from training.data.table import Row


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder; its name stands for the source of pictures that lie in no folder of one."""

    path: Path
    facts: SourceFacts = field(default_factory=SourceFacts)

    @property
    def name(self) -> str:
        """What the folder is called."""
        return self.path.resolve().name or "data"

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
        source = source or self.name
        group = row.group or self.facts.group_of(source, path.name)
        return Picture(
            path, row.file, split or otherwise(group), source, fake, group, row.generator, row.kind,
            group_stated=bool(row.group), split_stated=split is not None,
            centre=row.centre or self.facts.centre_of(source),
        )  # fmt: skip


def parse_data_sets(folders: Iterable[str], facts: SourceFacts | None = None) -> list[DataSet]:
    """The folders, with what is said of their sources.

    Raises :class:`ConfigurationError` where one is missing, and when two have the same name.
    """
    sets = [DataSet(Path(folder), facts or SourceFacts()) for folder in folders]
    for each in sets:
        if not each.path.is_dir():
            raise ConfigurationError(f"--data {each.path}: there is no folder of that name.")
    name, times = Counter(each.name for each in sets).most_common(1)[0] if sets else ("", 0)
    if times > 1:
        raise ConfigurationError(f"{times} data sets are called {name!r}; rename a folder.")
    return sets
