"""A table of pictures, TSV or CSV: file, class and perhaps split, source, kind, group and others.

The tables of others name the first two columns in other ways; the 140k real and fake faces on
Kaggle come with ``train.csv``, ``valid.csv`` and ``test.csv``, whose columns are ``path`` and
``label_str``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TextIO

from core.errors import ConfigurationError
from training.data.classes import ClassNames

MANIFEST = "MANIFEST.tsv"
# Names of a column in the order in which they are looked for: of a number and a word for the same
# label, the word is taken.
FILE = ("file", "path", "filename", "file_name", "filepath", "image_path", "image")
CLASS = ("class", "label_str", "class_name", "label")
OPTIONAL = ("split", "source", "kind", "generator", "group")
CENTRE = "centre"  # optional too, and a number
# Kaggle's archive holds its pictures in one of these in the other, beside its tables.
ARCHIVE_FOLDERS = ("real-vs-fake", "real_vs_fake")


@dataclass(frozen=True, slots=True)
class Row:
    """One line; what a table leaves out is an empty string."""

    line: int
    file: str  # relative to the folder of the table, with slashes
    label: str
    split: str = ""
    source: str = ""
    kind: str = ""
    generator: str = ""
    group: str = ""
    centre: float | None = None  # of each side, the share about the middle that is photograph


def read_rows(table: Path) -> list[Row]:
    """Every line of a table, separated by tabs, commas or semicolons as its first line is.

    The names of columns count in any case, and a Windows path as one with slashes. Raises
    :class:`ConfigurationError`, with the line, when the text is no such table, a file is named
    twice, or a file lies outside the table's folder.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            return list(_rows(stream, table))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(
            f"{table} is no table of text in UTF-8: {error}. Save it as a CSV or TSV in UTF-8."
        ) from error


def _rows(stream: TextIO, table: Path) -> Iterator[Row]:
    delimiter = max("\t,;", key=stream.readline().count)
    stream.seek(0)
    reader = csv.DictReader(stream, delimiter=delimiter)
    columns = [name.strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = columns
    file_column, class_column = (_column(table, columns, names) for names in (FILE, CLASS))
    seen: set[str] = set()
    for cells in reader:
        where = f"{table}, line {reader.line_num}"
        if None in cells or None in cells.values():
            raise ConfigurationError(
                f"{where}: expected {len(columns)} cells as in the first line."
            )
        file = _checked(cells[file_column], where)
        if file in seen:
            raise ConfigurationError(f"{where}: {file} stands in the table twice.")
        seen.add(file)
        known = {name: cells[name].strip() for name in OPTIONAL if name in cells}
        centre = _share(cells.get(CENTRE, ""), where)
        yield Row(reader.line_num, file, cells[class_column].strip(), **known, centre=centre)


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


def rows_beside(folder: Path) -> dict[str, Row]:
    """The rows of the manifest of a folder by their files; none where it has no manifest."""
    manifest = folder / MANIFEST
    return {row.file: row for row in read_rows(manifest)} if manifest.is_file() else {}


def check_label(row: Row, classes: ClassNames, folder: Path, *, fake: bool) -> None:
    """Raise :class:`ConfigurationError` where a manifest contradicts the folder of a file."""
    if row.label and classes.is_fake(row.label) not in (None, fake):
        raise ConfigurationError(
            f"{folder / MANIFEST}, line {row.line}: {row.file} is {row.label!r}, but its folder "
            f"says {'fake' if fake else 'real'}; correct one of them."
        )


def folder_of(table: Path, rows: Sequence[Row]) -> Path:
    """The folder that the files of a table are below: its own, or that of an unpacked archive."""
    if not rows:
        return table.parent
    outer, inner = reversed(ARCHIVE_FOLDERS)
    folders = (table.parent, table.parent / inner, table.parent / outer / inner)
    return next((each for each in folders if (each / rows[0].file).is_file()), table.parent)


def _column(table: Path, columns: Sequence[str], names: Sequence[str]) -> str:
    for name in names:
        if name in columns:
            return name
    raise ConfigurationError(
        f"{table} has no column {names[0]!r} (nor {', '.join(names[1:])}); it needs {FILE[0]} and "
        f"{CLASS[0]} and may have {', '.join((*OPTIONAL, CENTRE))}. Its first line is "
        f"{', '.join(columns)!r}."
    )


def _checked(file: str, where: str) -> str:
    path = PurePosixPath(file.strip().replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in file:
        raise ConfigurationError(
            f"{where}: the file is {file!r}; it must be a path below the folder of the table."
        )
    return path.as_posix()
