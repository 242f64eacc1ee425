"""Pictures of data sets with their face boxes, as the commands read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from core.faces.detector import load_face_detector
from training.data.cache import Sample, load_samples
from training.data.data_set import DataSet
from training.data.integrity import refuse_many, report
from training.data.manifest import Picture, Split, read_all, read_pictures


def read_samples(
    data: Path | Sequence[DataSet], split: Split | None, cache_dir: Path | None
) -> list[Sample]:
    """Every picture of a split, or of all for None, with its face box; raises as `with_faces`.

    Says so on standard error where the pictures were divided by chance.
    """
    if split is None:
        return with_faces(read_all(data), cache_dir)
    pictures = read_pictures(data, split)
    if not all(picture.split_stated for picture in pictures):
        click.echo(
            "The data states no split for some pictures: a tenth of their groups is valid, a tenth "
            f"test, the rest train. {len(pictures)} are taken as {split}; --split all takes all.",
            err=True,
        )
    return with_faces(pictures, cache_dir)


def with_faces(pictures: Sequence[Picture], cache_dir: Path | None) -> list[Sample]:
    """The pictures with their face boxes, found once and then kept in the cache folder.

    Broken pictures are counted and named on standard error, and left out. Raises
    :class:`ConfigurationError` when more than a hundredth is broken.
    """
    # One thread a call: two calls at once, each on all cores, take five times as long.
    detector = partial(load_face_detector, threads=1)
    loaded = load_samples(pictures, cache_folder(cache_dir), detector)
    refuse_many(loaded.broken, len(pictures))
    if loaded.broken:
        click.echo(report(loaded.broken, len(pictures)), err=True)
    return loaded.samples


def cache_folder(cache_dir: Path | None) -> Path:
    """The folder given, or one in the user's cache: never inside the repository."""
    return cache_dir or Path.home() / ".cache" / "deepfake" / "training"
