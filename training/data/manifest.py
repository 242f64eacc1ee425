"""What pictures there are: ``{train,valid,test}/<source>/{real,fake}/`` and MANIFEST.tsv."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import ConfigurationError

MANIFEST = "MANIFEST.tsv"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
HELD_OUT = 0.05  # of each group of pictures in `train`, for calibration


class Split(StrEnum):
    """The folder that a picture lies in."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture; ``group`` names the video, person or photo it comes from."""

    path: Path
    key: str  # path below the root, with slashes
    split: Split
    source: str
    fake: bool
    group: str


def read_pictures(root: Path, split: Split) -> list[Picture]:
    """Every picture of a split, sorted by path.

    Raises :class:`ConfigurationError` when the folder holds none.
    """
    groups = _read_groups(root / MANIFEST)
    found = []
    for path in sorted((root / split).glob("*/*/*")):
        label = path.parent.name
        if path.suffix.lower() not in SUFFIXES or label not in ("real", "fake"):
            continue
        key = path.relative_to(root).as_posix()
        source = path.parent.parent.name
        group = groups.get(key) or _group_of_name(source, path.name)
        found.append(Picture(path, key, split, source, label == "fake", group))
    if not found:
        raise ConfigurationError(
            f"{root / split} holds no pictures; the layout is "
            f"{split}/<source>/real|fake/*.jpg below the data folder."
        )
    return found


def hold_out(
    pictures: Iterable[Picture], fraction: float = HELD_OUT
) -> tuple[list[Picture], list[Picture]]:
    """Divide pictures into (kept, held out), whole groups at a time, the same every time."""
    kept: list[Picture] = []
    held: list[Picture] = []
    for picture in pictures:
        digest = hashlib.sha256(picture.group.encode()).digest()
        share = int.from_bytes(digest[:8]) / 2**64
        (held if share < fraction else kept).append(picture)
    return kept, held


def sources(pictures: Sequence[Picture]) -> list[str]:
    """The sources that occur, sorted."""
    return sorted({picture.source for picture in pictures})


def _read_groups(manifest: Path) -> dict[str, str]:
    if not manifest.is_file():
        return {}
    with manifest.open(newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t")
        # One value for a whole source says nothing about which pictures belong together.
        return {row["file"]: row["group"] for row in rows if " " not in row["group"]}


def _group_of_name(source: str, name: str) -> str:
    """A group from the file name, where the manifest has none."""
    stem = name.split(".", maxsplit=1)[0]
    if source == "utkface":
        # age_gender_race_time: near-duplicates were uploaded in the same minute.
        return "utkface/" + stem.rpartition("_")[2][:12]
    if source == "web_faces":
        return "web_faces/" + stem.rpartition("_")[0]  # one person, several pictures
    # No source in the group: two sources made from the same photo share its name.
    return stem
