"""The pictures by which a network from elsewhere gets INT8: half set ranges, half judge it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.bundle import InputSpec
from training.data.data_set import DataSet
from training.data.folders import has_layout, pictures_below
from training.data.manifest import read_all
from training.data.picture import Picture, Split, share_of
from training.data.reading import with_faces
from training.evaluate.scoring import cut_crops
from training.export.crops import INT8_CROPS, evenly

FEWEST = 32  # pictures in each half: fewer say nothing of the ranges, or of the loss
JUDGED = 500  # pictures at most that say what INT8 costs


@dataclass(frozen=True, slots=True)
class Int8Crops:
    """Face crops as JPEG, cut as serving cuts them."""

    ranges: list[bytes]
    judged: list[bytes]
    fake: NDArray[np.bool_] | None  # of those judged; None where no folder states a class


@dataclass(frozen=True, slots=True)
class Int8Pictures:
    """Two halves of a folder; pictures of one group are in one of them."""

    ranges: list[Picture]
    judged: list[Picture]
    labelled: bool

    def crops(self, shown: InputSpec, cache_dir: Path | None) -> Int8Crops:
        """Find and cut the faces; a picture in which none is found is taken for a crop itself.

        Raises :class:`ConfigurationError` where more than a hundredth of the files is broken.
        """
        samples = [with_faces(each, cache_dir) for each in (self.ranges, self.judged)]
        whole = sum(not sample.face_found for half in samples for sample in half)
        if whole:
            click.echo(
                f"In {whole} of {sum(map(len, samples))} pictures no face was found: they are "
                "taken whole, as crops of a face.",
                err=True,
            )
        ranges, judged = (cut_crops(half, shown) for half in samples)
        fake = np.array([sample.picture.fake for sample in samples[1]], np.bool_)
        return Int8Crops(ranges, judged, fake if self.labelled else None)


def choose_pictures(path: Path) -> Int8Pictures:
    """Of a folder in a layout of training, or a folder of pictures of no stated class.

    Where splits are stated, those of ``test`` are left out. Raises :class:`ConfigurationError`
    for fewer than twice ``FEWEST`` pictures, or groups that cannot be divided into such halves.
    """
    data, labelled = DataSet(path), has_layout(path)
    found = read_all([data]) if labelled else _without_classes(data)
    usable = [each for each in found if not (each.split_stated and each.split is Split.TEST)]
    ranges, judged = _halves(usable)
    if min(len(ranges), len(judged)) < FEWEST:
        raise ConfigurationError(
            f"{path} holds {len(usable)} pictures outside of test, in two halves of whole groups "
            f"{len(ranges)} and {len(judged)}; INT8 needs {FEWEST} in each: one sets its ranges, "
            "the other says what it costs. Files with one name up to the first point are one group."
        )
    return Int8Pictures(evenly(ranges, INT8_CROPS), evenly(judged, JUDGED), labelled)


def _without_classes(data: DataSet) -> list[Picture]:
    return [
        Picture(
            path, path.relative_to(data.path).as_posix(), Split.TRAIN, data.name, fake=False,
            group=data.facts.group_of(data.name, path.name), split_stated=False,
        )
        for path in pictures_below(data.path)
    ]  # fmt: skip


def _halves(pictures: Sequence[Picture]) -> tuple[list[Picture], list[Picture]]:
    """Whole groups by chance, the same every time; each half in the order of ``pictures``."""
    sizes: dict[str, int] = defaultdict(int)
    for each in pictures:
        sizes[each.group] += 1
    first: set[str] = set()
    taken = 0
    for group in sorted(sizes, key=lambda name: share_of(name, "int8/")):
        if taken + sizes[group] <= (len(pictures) + 1) // 2:
            first.add(group)
            taken += sizes[group]
    return (
        [each for each in pictures if each.group in first],
        [each for each in pictures if each.group not in first],
    )
