"""The looks at a picture that features are computed of: as serving cuts it, and augmented ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.errors import UnreadableMedia
from training.data.augment import Augmentation, augmented_crop
from training.data.degrade import UNHARMED
from training.data.sample import Sample

CLEAN = 0  # the number of the view that serving cuts; augmented ones count from 1


@dataclass(frozen=True, slots=True)
class Views:
    """How views are cut; a view is a pure function of the picture, its number and these."""

    size: int  # px
    margin: float  # of the clean view
    augmentation: Augmentation
    seed: int

    def crop(self, sample: Sample, number: int) -> NDArray[np.uint8]:
        """(size, size, 3) uint8 RGB.

        Pictures of one source and stated group are augmented alike: what tells a fake from the
        real picture that it was made of is the forgery.
        """
        if number == CLEAN and not sample.donors:
            crop = sample.crop(self.size, self.margin)
            return jpeg.decode(jpeg.encode(crop), size=self.size)
        seeds = [self.seed, number, _number_of(sample)]
        return augmented_crop(
            sample,
            self.size,
            np.random.default_rng([*seeds, 3]),
            self.augmentation if number != CLEAN else self._as_serving_cuts(),
            blending_rng=np.random.default_rng([*seeds, 7]),
        )

    def _as_serving_cuts(self) -> Augmentation:
        """Nothing but the blending that makes a fake of a real picture."""
        return Augmentation(
            flip=0, degradation=UNHARMED, compress_crop=0, margin=(self.margin, self.margin),
            zoom=(1, 1), shift=0, erase=0, blending=self.augmentation.blending,
        )  # fmt: skip

    def key(self, sample: Sample, number: int) -> str:
        """32 hexadecimal digits that change with anything that :meth:`crop` depends on.

        Raises :class:`UnreadableMedia` when the file was lost since it was checked.
        """
        how: list[object] = [self.size, sample.picture.centre, _box(sample), number]
        if number == CLEAN:
            how.append(self.margin)
        if sample.donors or number != CLEAN:
            how += [self.seed, _number_of(sample), asdict(self.augmentation)]
        if sample.donors:
            first, last = sample.donors[0].picture.key, sample.donors[-1].picture.key
            how += [len(sample.donors), first, last]
        digest = hashlib.sha256(_content(sample))
        digest.update(json.dumps(how).encode())
        return digest.hexdigest()[:32]


def _content(sample: Sample) -> bytes:
    if sample.data is not None:
        return sample.data
    try:
        return sample.picture.path.read_bytes()
    except OSError as error:
        raise UnreadableMedia(f"{sample.picture.path} cannot be read: {error}.") from error


def _box(sample: Sample) -> list[float]:
    box = sample.box
    return [box.left, box.top, box.width, box.height]


def _number_of(sample: Sample) -> int:
    """A number that the pictures of a stated group share, and that the others have alone."""
    picture = sample.picture
    name = f"{picture.source}/{picture.group}" if picture.group_stated else picture.key
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
