"""A table of pictures, TSV or CSV: file, class and perhaps split, source, generator, group."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import ConfigurationError

MANIFEST = "MANIFEST.tsv"
REQUIRED = ("file", "class")
OPTIONAL = ("split", "source", "generator", "group")


@dataclass(frozen=True, slots=True)
class Row:
    """One line; what a table leaves out is an empty string."""

    line: int
    file: str  # relative to the folder of the table, with slashes
    label: str
    split: str = ""
    source: str = ""
    generator: str = ""
    group: str = ""


def read_rows(table: Path) -> list[Row]:
    """Every line of a table; ``.csv`` is separated by commas, anything else by tabs.

    Raises :class:`ConfigurationError`, with the line, when the text is no such table, a file is
    named twice, or a file lies outside the table's folder.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            return list(_rows(stream, table))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{table} is no table of text: {error}.") from error


def _rows(stream: Iterator[str], table: Path) -> Iterator[Row]:
    reader = csv.DictReader(stream, delimiter="," if table.suffix.lower() == ".csv" else "\t")
    columns = reader.fieldnames or []
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ConfigurationError(
            f"{table} has no column {missing[0]!r}; it needs {' and '.join(REQUIRED)} and may "
            f"have {', '.join(OPTIONAL)}. Its first line is {', '.join(columns)!r}."
        )
    seen: set[str] = set()
    for cells in reader:
        where = f"{table}, line {reader.line_num}"
        if None in cells or None in cells.values():
            raise ConfigurationError(
                f"{where}: expected {len(columns)} cells as in the first line."
            )
        file = _checked(cells["file"], where)
        if file in seen:
            raise ConfigurationError(f"{where}: {file} stands in the table twice.")
        seen.add(file)
        known = {name: cells[name].strip() for name in OPTIONAL if name in cells}
        yield Row(reader.line_num, file, cells["class"].strip(), **known)


def _checked(file: str, where: str) -> str:
    path = PurePosixPath(file)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in file:
        raise ConfigurationError(
            f"{where}: the file is {file!r}; it must be a path below the folder of the table."
        )
    return path.as_posix()
