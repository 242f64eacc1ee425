"""Pictures in folders by split and class, with or without folders of sources between.

train/<source>/real/*.jpg      several sources, and perhaps a MANIFEST.tsv beside train/
real-vs-fake/train/real/*.jpg  one source, as Kaggle's 140k real and fake faces has it
real/*.jpg and fake/*.jpg      no splits: each group of pictures gets one by chance
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigurationError
from training.data.classes import is_fake, unknown_classes
from training.data.data_set import DataSet
from training.data.picture import SUFFIXES, Picture, Split
from training.data.splits import split_of_name
from training.data.table import Row, check_label, rows_beside

# The archive of the 140k faces holds its splits in one of these in the other.
ARCHIVE_FOLDERS = ("real-vs-fake", "real_vs_fake")
LAYOUT = "{train,valid,test}/<source>/{real,fake}/*.jpg, or without folders of splits or sources"


def read_folder(data: DataSet) -> Iterator[Picture]:
    """The pictures of every split, sorted by path within each class of a source.

    Raises :class:`ConfigurationError` when the folders fit no layout, or a name no class.
    """
    root, folders = _split_folders(data.path)
    rows = rows_beside(root)
    places: list[tuple[Split | None, Path]] = [*folders.items()] or [(None, root)]
    for split, above in places:
        for source, folder, fake in _class_folders(above):
            for path in pictures_below(folder):
                key = path.relative_to(root).as_posix()
                row = rows.get(key, Row(0, key, ""))
                check_label(row, root, fake=fake)
                yield data.picture(path, row, source, fake=fake, split=split)


def pictures_below(folder: Path) -> Iterator[Path]:
    """Files that are pictures by their names, at any depth, sorted by path."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            yield path


def has_layout(root: Path) -> bool:
    """Whether folders of splits or of classes are where :func:`read_folder` looks for them."""
    splits = any(split_of_name(child.name) is not None for child in _children(root))
    archive = any((root / name).is_dir() for name in ARCHIVE_FOLDERS)
    return splits or archive or _names_a_class(root)


def _names_a_class(root: Path) -> bool:
    """Whether a folder, or one within a folder of it, has the name of a class."""
    below = [
        *_children(root),
        *(folder for child in _children(root) for folder in _children(child)),
    ]
    return any(is_fake(folder.name) is not None for folder in below)


def _split_folders(root: Path) -> tuple[Path, dict[Split, Path]]:
    """The folder that holds those of the splits: the one given, or one called real-vs-fake.

    The folders of the splits are empty where the classes are directly below, or below folders
    of sources.
    """
    folders: dict[Split, Path] = {}
    for child in _children(root):
        split = split_of_name(child.name)
        if split in folders:
            raise ConfigurationError(
                f"{root} holds both {folders[split].name} and {child.name}; keep one of them."
            )
        if split is not None:
            folders[split] = child
    if folders:
        return root, folders
    for name in ARCHIVE_FOLDERS:
        if (root / name).is_dir():
            return _split_folders(root / name)
    if _names_a_class(root):
        return root, {}
    raise ConfigurationError(
        f"{root} holds no folder train, valid or test and none of a class; the layout is {LAYOUT}."
    )


def _class_folders(split: Path) -> Iterator[tuple[str, Path, bool]]:
    """(source, folder, fake) below the folder of a split; the source is empty without a folder."""
    children = _children(split)
    if any(is_fake(child.name) is not None for child in children):
        yield from (("", *pair) for pair in _by_class(children, split))
        return
    if flat := [child.name for child in children if not _children(child)]:
        raise unknown_classes(flat, str(split))
    for source in children:
        for pair in _by_class(_children(source), source):
            yield source.name, *pair


def _by_class(folders: list[Path], parent: Path) -> Iterator[tuple[Path, bool]]:
    known = [(folder, is_fake(folder.name)) for folder in folders]
    unknown = [folder.name for folder, fake in known if fake is None]
    if unknown:
        raise unknown_classes(unknown, str(parent))
    yield from ((folder, bool(fake)) for folder, fake in known)


def _children(folder: Path) -> list[Path]:
    return sorted(
        child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")
    )
