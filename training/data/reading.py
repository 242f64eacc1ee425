"""Pictures of a data folder with their face boxes, as the commands read them."""

from __future__ import annotations

from pathlib import Path

import click

from core.faces import load_face_detector
from training.data.cache import Sample, load_samples
from training.data.manifest import Picture, Split, read_pictures


def read_samples(data_dir: Path, split: Split, cache_dir: Path | None) -> list[Sample]:
    """Every picture of a split with its face box."""
    return with_faces(read_pictures(data_dir, split), cache_dir)


def with_faces(pictures: list[Picture], cache_dir: Path | None) -> list[Sample]:
    """The pictures with their face boxes, found once and then kept in the cache folder."""
    return load_samples(pictures, cache_folder(cache_dir), load_face_detector, progress=_show)


def cache_folder(cache_dir: Path | None) -> Path:
    """The folder given, or one in the user's cache: never inside the repository."""
    return cache_dir or Path.home() / ".cache" / "deepfake" / "training"


def _show(done: int, total: int) -> None:
    """One line that overwrites itself while faces are being found."""
    if done % 50 == 0 or done == total:
        click.echo(f"\rfaces {done}/{total}", nl=done == total, err=True)
