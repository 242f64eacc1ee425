"""What a bundle answered to each picture of the gate's sample, kept beside its ``model.json``.

Means and AUCs hardly move when something between a picture and its score changes a little; the
scores of single pictures do. 8 bytes name a picture and 2 hold its score: 9 kB for 900 pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.data.cache import Sample
from training.evaluate.scores import Floats

FILE = "gate.npz"
_NAMES = "pictures"
# Beyond what two processors differ by: see docs/decisions/0027-the-gate-compares-pictures.md.
MEAN_LIMIT = 0.005
LARGE = 0.1
LARGE_LIMIT = 0.01


@dataclass(frozen=True, slots=True)
class Moved:
    """How far scores are from those that were kept."""

    mean: float  # of the differences in P(fake)
    large: float  # share of the pictures that moved by more than ``LARGE``
    farthest: float

    def broken(self) -> list[str]:
        """A sentence for each limit that is passed."""
        told = []
        if self.mean > MEAN_LIMIT:
            told.append(
                f"pictures: P(fake) moved by {self.mean:.4f} on average, the limit is {MEAN_LIMIT}"
            )
        if self.large > LARGE_LIMIT:
            told.append(
                f"pictures: P(fake) of {self.large:.1%} moved by more than {LARGE} (by up to "
                f"{self.farthest:.2f}), the limit is {LARGE_LIMIT:.0%}"
            )
        return told


def keep(folder: Path, runtime: str, samples: Sequence[Sample], probability: Floats) -> None:
    """Write the scores (n,) of a runtime; those of other runtimes stay for the same pictures."""
    names, order = np.unique(_names(samples), return_index=True)
    file = folder / FILE
    kept = dict(np.load(file)) if file.is_file() else {}
    if not np.array_equal(kept.get(_NAMES, []), names):
        kept = {}
    np.savez_compressed(
        file, **{**kept, _NAMES: names, runtime: probability[order].astype(np.float16)}
    )


def moved(folder: Path, runtime: str, samples: Sequence[Sample], probability: Floats) -> Moved:
    """Compare scores (n,) with those that were kept.

    Raises :class:`ConfigurationError` when none were, or when the pictures are others.
    """
    file = folder / FILE
    kept = dict(np.load(file)) if file.is_file() else {}
    if runtime not in kept:
        raise ConfigurationError(
            f"{file} holds no scores of {runtime}; write them with: deepfake gate --save."
        )
    names, order = np.unique(_names(samples), return_index=True)
    if not np.array_equal(kept[_NAMES], names):
        known = len(np.intersect1d(kept[_NAMES], names))
        raise ConfigurationError(
            f"{file} holds scores of other pictures: {known} of {len(names)} are the same files. "
            "Write new ones with: deepfake gate --save."
        )
    apart = np.abs(kept[runtime].astype(np.float64) - probability[order])
    return Moved(float(apart.mean()), float((apart > LARGE).mean()), float(apart.max()))


def _names(samples: Sequence[Sample]) -> NDArray[np.uint64]:
    """(n,) the first 8 bytes of each file's SHA-256: a file that was changed is another picture."""
    contents = (sample.data or sample.picture.path.read_bytes() for sample in samples)
    digests = b"".join(hashlib.sha256(content).digest()[:8] for content in contents)
    return np.frombuffer(digests, np.uint64)
