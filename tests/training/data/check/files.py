"""Files of a data set, made in code."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.check.file_facts import FileFacts, examine
from training.data.picture import Picture, Split


def scene(seed: int, size: tuple[int, int] = (96, 96)) -> Image.Image:
    """A smooth picture that differs from that of any other seed."""
    small = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def save(path: Path, image: Image.Image, **options: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, None, **options)
    return path


def jpeg(image: Image.Image, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def picture(
    path: Path, split: Split = Split.TRAIN, *, fake: bool = False, group: str = ""
) -> Picture:
    return Picture(path, path.name, split, "s", fake, group, group_stated=bool(group))


def facts_of(
    path: Path, split: Split = Split.TRAIN, *, fake: bool = False, group: str = ""
) -> FileFacts:
    facts = examine(picture(path, split, fake=fake, group=group))
    assert isinstance(facts, FileFacts)
    return facts


def made_up(
    *, split: Split = Split.TRAIN, bits: NDArray[np.uint8] | None = None, name: str = "x"
) -> FileFacts:
    """Facts without a file: of two such, only name, split and hash differ."""
    path = Path(f"{name}.jpg")
    hashed = np.zeros(32, np.uint8) if bits is None else bits
    return FileFacts(
        picture(path, split), 9, 8, 8, "JPEG", 75, "4:2:0", f"{split}{name}".encode(), hashed
    )
