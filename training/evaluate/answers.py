"""What a bundle answered to each picture and clip of the gate's sample, kept beside ``model.json``.

Means and AUCs hardly move when something between a file and its score changes a little; the
scores of single files do. 8 bytes name a file and 2 hold its score: 9 kB for 900 pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.data.cache import Sample
from training.evaluate.metrics import Floats

FILE = "gate.npz"
# Beyond what two processors differ by: see docs/decisions/0027-the-gate-compares-pictures.md.
MEAN_LIMIT = 0.005
LARGE = 0.1
LARGE_LIMIT = 0.01

_Arrays: TypeAlias = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures or clips: the array that names them, and what stands before a runtime's scores."""

    name: str
    prefix: str


PICTURES, CLIPS = Part("pictures", ""), Part("clips", "clips ")


@dataclass(frozen=True, slots=True)
class Moved:
    """How far scores are from those that were kept."""

    part: Part
    mean: float  # of the differences in P(fake)
    large: float  # share of the files that moved by more than ``LARGE``
    farthest: float

    def broken(self) -> list[str]:
        """A sentence for each limit that is passed."""
        told = []
        if self.mean > MEAN_LIMIT:
            told.append(
                f"{self.part.name}: P(fake) moved by {self.mean:.4f} on average, the limit is "
                f"{MEAN_LIMIT}"
            )
        if self.large > LARGE_LIMIT:
            told.append(
                f"{self.part.name}: P(fake) of {self.large:.1%} moved by more than {LARGE} "
                f"(by up to {self.farthest:.2f}), the limit is {LARGE_LIMIT:.0%}"
            )
        return told


def keep(
    folder: Path, part: Part, runtime: str, contents: Iterable[bytes], probability: Floats
) -> None:
    """Write the scores (n,) of a runtime; those of other runtimes stay for the same files.

    ``contents`` are the bytes of the files, in the order of the scores; NaN is the score of a clip
    without a face.
    """
    names, order = np.unique(_names(contents), return_index=True)
    kept = _read(folder)
    if not np.array_equal(kept.get(part.name, []), names):
        kept = _without(kept, part)
    scores = probability[order].astype(np.float16)
    _write(folder, {**kept, part.name: names, part.prefix + runtime: scores})


def forget(folder: Path, part: Part) -> None:
    """Remove the scores of pictures, or of clips, which a new calibration makes false."""
    if holds(folder, part):
        _write(folder, _without(_read(folder), part))


def holds(folder: Path, part: Part) -> bool:
    """Whether scores of pictures, or of clips, were kept for any runtime."""
    return part.name in _read(folder)


def moved(
    folder: Path, part: Part, runtime: str, contents: Iterable[bytes], probability: Floats
) -> Moved:
    """Compare scores (n,) with those that were kept.

    Raises :class:`ConfigurationError` when none were, or when the files are others.
    """
    file, kept = folder / FILE, _read(folder)
    if part.prefix + runtime not in kept:
        raise ConfigurationError(
            f"{file} holds no scores of {runtime} for {part.name}; write them with: "
            "deepfake gate --save."
        )
    names, order = np.unique(_names(contents), return_index=True)
    if not np.array_equal(kept[part.name], names):
        known = len(np.intersect1d(kept[part.name], names))
        raise ConfigurationError(
            f"{file} holds scores of other {part.name}: {known} of {len(names)} are the same "
            "files. Write new ones with: deepfake gate --save."
        )
    before, now = kept[part.prefix + runtime].astype(np.float64), probability[order]
    apart = np.where(np.isnan(before) & np.isnan(now), 0, np.nan_to_num(before - now, nan=1.0))
    far = np.abs(apart)
    return Moved(part, float(far.mean()), float((far > LARGE).mean()), float(far.max()))


def contents_of(samples: Iterable[Sample]) -> Iterator[bytes]:
    """The bytes of pictures."""
    return (sample.data or sample.picture.path.read_bytes() for sample in samples)


def _read(folder: Path) -> _Arrays:
    file = folder / FILE
    return dict(np.load(file)) if file.is_file() else {}


def _write(folder: Path, arrays: _Arrays) -> None:
    np.savez_compressed(folder / FILE, allow_pickle=False, **arrays)


def _without(arrays: _Arrays, part: Part) -> _Arrays:
    return {key: value for key, value in arrays.items() if _part_of(key) is not part}


def _part_of(key: str) -> Part:
    return CLIPS if key == CLIPS.name or key.startswith(CLIPS.prefix) else PICTURES


def _names(contents: Iterable[bytes]) -> NDArray[np.uint64]:
    """(n,) the first 8 bytes of each file's SHA-256: a file that was changed is another one."""
    digests = b"".join(hashlib.sha256(content).digest()[:8] for content in contents)
    return np.frombuffer(digests, np.uint64)
