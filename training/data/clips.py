"""Labelled films beside the pictures of a data set: what there is to judge whole.

clips/<split>/<source>/{real,fake}/*.mp4   films by split, as pictures lie
videos/{real,fake}/*.mp4                   films without a split: they are of ``test``

A clip is described by a :class:`Picture`, as both have a file, a class, a source, a kind, a
generator and a group. No clip is ever trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from training.data.classes import is_fake, unknown_classes
from training.data.data_set import DataSet
from training.data.picture import Picture, Split
from training.data.splits import split_in, split_of_name
from training.data.table import Row, check_label, rows_beside

SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"}
    | {".wmv", ".flv", ".3gp", ".ogv", ".mxf"}
)
FOLDERS = ("clips", "videos")  # of a data set
LAYOUT = "clips/{valid,test}/<source>/{real,fake}/*.mp4, or videos/{real,fake}/*.mp4"
# Names of a folder that stand for no class: films without a face, and films nobody labelled.
FACELESS, UNLABELLED = "noface", "unlabelled"

Clip: TypeAlias = Picture


def read_clips(data_sets: Sequence[DataSet], split: Split | None) -> list[Clip]:
    """The labelled clips of a split, or of all for None, sorted by path; perhaps none.

    Raises :class:`ConfigurationError` when a name says no class, or the manifest contradicts a
    folder.
    """
    clips = [
        replace(clip, key=f"{each.name}:{clip.key}") if len(data_sets) > 1 else clip
        for each in data_sets
        for clip in _of_data_set(each)
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


def _of_test(_group: str) -> Split:
    return Split.TEST


def _of_data_set(data: DataSet) -> Iterator[Clip]:
    rows = rows_beside(data.path)
    for path in _films_below(data.path):
        key = path.relative_to(data.path).as_posix()
        if {FACELESS, UNLABELLED}.isdisjoint(Path(key).parts[:-1]):
            yield _of_file(data, path, rows.get(key, Row(0, key, "")))


def _of_file(data: DataSet, path: Path, row: Row) -> Clip:
    """A film by the folders above it, and by its line of the manifest where it has one."""
    above = path.relative_to(data.path).parts[1:-1]  # below clips/, videos/
    places = [i for i, name in enumerate(above) if is_fake(name) is not None]
    if not places:
        raise unknown_classes(above[-1:] or [path.parent.name], f"{path}; the layout is {LAYOUT}")
    fake = bool(is_fake(above[places[0]]))
    check_label(row, data.path, fake=fake)
    source = next((name for name in above[: places[0]] if split_of_name(name) is None), "")
    return data.picture(path, row, source, fake=fake, split=split_in(above), otherwise=_of_test)


def _films_below(root: Path) -> list[Path]:
    return [
        path
        for name in FOLDERS
        for path in sorted((root / name).rglob("*"))
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
