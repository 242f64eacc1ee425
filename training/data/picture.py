"""One labelled picture, and the splits that it can be in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
)
HELD_OUT = 0.05  # of each group of pictures in `train`, for calibration


class Split(StrEnum):
    """What a picture is for."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture; ``group`` names the video, person or photo it comes from."""

    path: Path
    key: str  # unique in what was read: the path below the root, with slashes
    split: Split
    source: str
    fake: bool
    group: str
    generator: str = ""  # what made it; the source where nobody says
    kind: str = ""  # of a fake, such as swap or lip-sync; empty where nobody says
    group_stated: bool = False  # by a manifest; otherwise guessed from the file name
    split_stated: bool = True  # by a folder or a table; otherwise chosen by the group
    centre: float = 1.0  # the share of each side, about the middle, that is photograph

    def __post_init__(self) -> None:
        if not self.generator:
            object.__setattr__(self, "generator", self.source)

    @property
    def label(self) -> str:
        """``fake`` or ``real``."""
        return "fake" if self.fake else "real"


def share_of(group: str, salt: str = "") -> float:
    """A number in [0, 1) that looks random and is the same for a group every time."""
    digest = hashlib.sha256((salt + group).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def hold_out(
    pictures: Iterable[Picture], fraction: float = HELD_OUT
) -> tuple[list[Picture], list[Picture]]:
    """Divide pictures into (kept, held out), whole groups at a time, the same every time."""
    kept: list[Picture] = []
    held: list[Picture] = []
    for picture in pictures:
        (held if share_of(picture.group) < fraction else kept).append(picture)
    return kept, held


def sources(pictures: Sequence[Picture]) -> list[str]:
    """The sources that occur, sorted."""
    return sorted({picture.source for picture in pictures})
