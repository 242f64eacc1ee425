"""Labelled films beside the pictures of a data set: what there is to judge whole.

clips/<split>/<source>/{real,fake}/*.mp4   films by split, as pictures lie
videos/{real,fake}/*.mp4                   films without a split: they are of ``test``

A table may name films too, by their suffix. A clip is described by a :class:`Picture`, as both have
a file, a class, a source, a kind, a generator and a group. No clip is ever trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from core.errors import ConfigurationError
from training.data.classes import BY_NAME, ClassNames, unknown_classes
from training.data.data_set import DataSet
from training.data.manifest import stated_split
from training.data.picture import Picture, Split
from training.data.splits import split_of_name
from training.data.table import MANIFEST, Row, folder_of, read_rows

SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"}
    | {".wmv", ".flv", ".3gp", ".ogv", ".mxf"}
)
FOLDERS = ("clips", "videos")  # of a data set
LAYOUT = "clips/{valid,test}/<source>/{real,fake}/*.mp4, or videos/{real,fake}/*.mp4"
# Names of a folder that stand for no class: films without a face, and films nobody labelled.
FACELESS, UNLABELLED = "noface", "unlabelled"

Clip: TypeAlias = Picture


def read_clips(
    data_sets: Sequence[DataSet], split: Split | None, classes: ClassNames = BY_NAME
) -> list[Clip]:
    """The labelled clips of a split, or of all for None, sorted by path; perhaps none.

    Raises :class:`ConfigurationError` when a name says no class, or the manifest contradicts a
    folder.
    """
    clips = [
        replace(clip, key=f"{each.name}:{clip.key}") if len(data_sets) > 1 else clip
        for each in data_sets
        for clip in _of_data_set(each, classes)
    ]
    return [clip for clip in clips if split is None or clip.split is split]


def find_faceless(data_sets: Sequence[DataSet]) -> list[Path]:
    """Films in folders called ``noface``: they show nobody, and no verdict is right on them."""
    return [
        path
        for each in data_sets
        for path in _films_below(each.path)
        if FACELESS in path.relative_to(each.path).parts[:-1]
    ]


def _of_data_set(data: DataSet, classes: ClassNames) -> Iterator[Clip]:
    if not data.path.is_dir():
        yield from _of_table(data, classes)
        return
    manifest = data.path / MANIFEST
    rows = {row.file: row for row in read_rows(manifest)} if manifest.is_file() else {}
    for path in _films_below(data.path):
        key = path.relative_to(data.path).as_posix()
        if {FACELESS, UNLABELLED}.isdisjoint(Path(key).parts[:-1]):
            yield _of_file(data, path, rows.get(key, Row(0, key, "")), classes)


def _of_table(data: DataSet, classes: ClassNames) -> Iterator[Clip]:
    rows = [row for row in read_rows(data.path) if Path(row.file).suffix.lower() in SUFFIXES]
    folder = folder_of(data.path, rows)
    for row in sorted(rows, key=lambda row: row.file):
        fake = classes.is_fake(row.label)
        if fake is None:
            raise unknown_classes([row.label], f"{data.path}, line {row.line}")
        split = stated_split(data.path, row) or _split_in(Path(row.file).parts[:-1])
        yield _clip(data, folder / row.file, split, data.source(row.source), row, fake=fake)


def _of_file(data: DataSet, path: Path, row: Row, classes: ClassNames) -> Clip:
    """A film by the folders above it, and by its line of the manifest where it has one."""
    above = path.relative_to(data.path).parts[1:-1]  # below clips/ or videos/
    places = [i for i, name in enumerate(above) if classes.is_fake(name) is not None]
    if not places:
        raise unknown_classes(above[-1:] or [path.parent.name], f"{path}; the layout is {LAYOUT}")
    fake = bool(classes.is_fake(above[places[0]]))
    if row.label and classes.is_fake(row.label) not in (None, fake):
        raise ConfigurationError(
            f"{data.path / MANIFEST}, line {row.line}: {row.file} is {row.label!r}, but its folder "
            f"says {'fake' if fake else 'real'}; correct one of them."
        )
    source = next((name for name in above[: places[0]] if split_of_name(name) is None), "")
    return _clip(data, path, _split_in(above), data.source(source), row, fake=fake)


def _clip(
    data: DataSet, path: Path, split: Split | None, source: str, row: Row, *, fake: bool
) -> Clip:
    group = row.group or data.facts.group_of(source, path.name)
    return Clip(
        path, row.file, split or Split.TEST, source, fake, group, row.generator, row.kind,
        group_stated=bool(row.group), split_stated=split is not None,
    )  # fmt: skip


def _split_in(names: Sequence[str]) -> Split | None:
    return next((split for name in names if (split := split_of_name(name)) is not None), None)


def _films_below(root: Path) -> list[Path]:
    return [
        path
        for name in FOLDERS
        for path in sorted((root / name).rglob("*"))
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
