"""``MANIFEST.tsv`` beside the pictures and films of a data set: what is known of single files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from core.errors import ConfigurationError
from training.data.classes import is_fake

MANIFEST = "MANIFEST.tsv"
NEEDED = ("file", "class")
OPTIONAL = ("kind", "generator", "group")
CENTRE = "centre"  # optional too, and a number


@dataclass(frozen=True, slots=True)
class Row:
    """One line; what a table leaves out is an empty string."""

    line: int
    file: str  # relative to the folder of the table, with slashes
    label: str
    kind: str = ""
    generator: str = ""
    group: str = ""
    centre: float | None = None  # of each side, the share about the middle that is photograph


def rows_beside(folder: Path) -> dict[str, Row]:
    """The rows of the manifest of a folder by their files; none where it has no manifest.

    Other columns are passed over. Raises :class:`ConfigurationError`, with the line, when the text
    is no such table or names a file twice.
    """
    table = folder / MANIFEST
    if not table.is_file():
        return {}
    found: dict[str, Row] = {}
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            for row in _rows(stream, table):
                if row.file in found:
                    raise ConfigurationError(f"{table}, line {row.line}: {row.file} stands twice.")
                found[row.file] = row
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{table} is no table of text in UTF-8: {error}.") from error
    return found


def _rows(stream: TextIO, table: Path) -> Iterator[Row]:
    reader = csv.DictReader(stream, delimiter="\t")
    columns = reader.fieldnames or ()
    for name in NEEDED:
        if name not in columns:
            raise ConfigurationError(
                f"{table} has no column {name!r}; it needs {' and '.join(NEEDED)} and may have "
                f"{', '.join((*OPTIONAL, CENTRE))}, with tabs between."
            )
    for cells in reader:
        where = f"{table}, line {reader.line_num}"
        if None in cells or None in cells.values():
            raise ConfigurationError(f"{where}: expected {len(columns)} cells.")
        known = {name: cells[name].strip() for name in OPTIONAL if name in cells}
        centre = _share(cells.get(CENTRE, ""), where)
        yield Row(reader.line_num, cells["file"], cells["class"].strip(), **known, centre=centre)


def _share(cell: str, where: str) -> float | None:
    if not cell.strip():
        return None
    try:
        share = float(cell)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ConfigurationError(
            f"{where}: the centre is {cell!r}; it must be above 0 and at most 1, the share of each "
            "side that is photograph, or empty."
        )
    return share


def check_label(row: Row, folder: Path, *, fake: bool) -> None:
    """Raise :class:`ConfigurationError` where a manifest contradicts the folder of a file."""
    if row.label and is_fake(row.label) not in (None, fake):
        raise ConfigurationError(
            f"{folder / MANIFEST}, line {row.line}: {row.file} is {row.label!r}, but its folder "
            f"says {'fake' if fake else 'real'}; correct one of them."
        )
