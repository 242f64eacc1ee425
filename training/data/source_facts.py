"""What the command line says of whole sources where no table says it of every picture.

``--centre NAME=SHARE``: only the middle of their pictures is photograph, as where a picture was
turned and has black corners. ``--group NAME=PATTERN``: what their file names have in common that
show one person, clip or photo, so that these are never on both sides of a division.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Facts by the name of a source."""

    centres: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def centre_of(self, source: str) -> float:
        """The share of each side, about the middle, that is photograph."""
        return self.centres.get(source, 1.0)

    def group_of(self, source: str, file: str) -> str:
        """The group of a file by its name; without a pattern, the name up to its first point.

        Raises :class:`ConfigurationError` when there is a pattern that the name does not fit.
        """
        pattern = self.groups.get(source)
        if pattern is None:
            # No source in the group: two sources made from the same photo share its name.
            return file.split(".", maxsplit=1)[0]
        found = pattern.search(file)
        if found is None:
            raise ConfigurationError(
                f"--group {source}={pattern.pattern}: {file} of {source} does not fit; the "
                "pattern must fit every file of the source."
            )
        return f"{source}/{found[1]}"

    def check_names(self, sources: Collection[str]) -> None:
        """Raise :class:`ConfigurationError` for a fact of a source that does not occur."""
        for option, names in (("--centre", self.centres), ("--group", self.groups)):
            for name in names:
                if name not in sources:
                    raise ConfigurationError(
                        f"{option} {name}: no source has that name; there are "
                        f"{', '.join(sorted(sources))}."
                    )


def parse_facts(centres: Iterable[str], groups: Iterable[str]) -> SourceFacts:
    """The texts of ``--centre`` and ``--group``.

    Raises :class:`ConfigurationError` for a share that is not in (0, 1], and for a pattern that is
    no regular expression with one group.
    """
    return SourceFacts(dict(map(_parse_centre, centres)), dict(map(_parse_group, groups)))


def _parse_centre(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        share = float(number)
    except ValueError:
        share = 0.0
    if not name or not 0 < share <= 1:
        raise ConfigurationError(
            f"--centre {text}: expected NAME=SHARE with a share above 0 and at most 1, as old=0.8."
        )
    return name, share


def _parse_group(text: str) -> tuple[str, re.Pattern[str]]:
    name, _, expression = text.partition("=")
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise ConfigurationError(f"--group {text}: the pattern is wrong: {error}.") from error
    if not name or pattern.groups != 1:
        raise ConfigurationError(
            f"--group {text}: expected NAME=PATTERN, a regular expression whose one pair of "
            "brackets is around what names the group, as clips=^(.+)_[0-9]+."
        )
    return name, pattern
