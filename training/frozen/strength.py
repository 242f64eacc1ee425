"""How strong the penalty of the head should be, by pictures that it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.calibrate.reliability import FOLDS, folds_of
from training.data.sample import Sample
from training.evaluate.metrics import Flags, Floats, auc, once
from training.frozen.head import Features, fit_heads


@dataclass(frozen=True, slots=True)
class Choice:
    """The penalty that ranks pictures best which it was not fitted to."""

    strength: float
    by: str  # what stays whole when pictures are divided: source, or group
    folds: int
    areas: dict[float, float]  # strength -> mean AUC of the folds

    def to_json(self) -> dict[str, Any]:
        """For run.json."""
        areas = {f"{strength:g}": round(area, 4) for strength, area in self.areas.items()}
        return {"strength": self.strength, "by": self.by, "folds": self.folds, "auc": areas}

    def describe(self) -> str:
        """In words."""
        told = ", ".join(f"{strength:g}: {area:.3f}" for strength, area in self.areas.items())
        return (
            f"L2 strength {self.strength:g}; AUC on a {self.by} that a head was not fitted to "
            f"({self.folds} folds): {told}"
        )


def choose_strength(
    features: Features,
    samples: Sequence[Sample],
    weights: Floats,
    strengths: tuple[float, ...],
    *,
    show: Callable[[str], None],
) -> Choice:
    """The strength with the highest mean AUC in cross-validation; of equals the greater.

    ``features`` (views, n, d) float16 of the n ``samples``, whose ``weights`` (n,) a mixture
    gives. Heads are fitted to every view and judged on the first, the clean one. Where
    both classes have five sources, whole sources are held back, as strangers are what counts;
    else whole groups are. Raises :class:`ConfigurationError` for fewer than two
    groups of a class.
    """
    fake = np.array([sample.picture.fake for sample in samples], np.bool_)
    by, names = kept_whole(samples, fake)
    areas: list[list[float]] = []
    for kept, held in folds_of(fake, names):
        if not _judges(fake[kept[weights[kept] > 0]], fake[held]):
            continue
        show(f"head: fitted to {len(kept)} pictures, judged on {len(held)} others")
        heads = fit_heads(*of_views(features[:, kept], fake[kept], weights[kept]), strengths)
        areas.append([once(auc, fake[held], head.logits(features[0][held])) for head in heads])
    if not areas:
        raise ConfigurationError(
            "No part of the pictures has both classes to fit a head to and to judge it; give more."
        )
    means = np.mean(areas, axis=0)
    best = max(zip(means.round(4).tolist(), strengths, strict=True))[1]
    return Choice(best, by, len(areas), dict(zip(strengths, means.tolist(), strict=True)))


def kept_whole(samples: Sequence[Sample], fake: Flags) -> tuple[str, NDArray[np.str_]]:
    """``source`` or ``group``, and its name for each sample, (n,): what no fold divides.

    A blended fake is of the source of its real picture, so that none tells of one held back.
    """
    source_of = {s.picture.key: s.picture.source for s in samples if not s.donors}
    names = np.array([source_of.get(s.picture.key, s.picture.source) for s in samples], np.str_)
    if min(len(set(names[fake == label].tolist())) for label in (False, True)) >= FOLDS:
        return "source", names
    groups = zip(names, samples, strict=True)
    return "group", np.array([f"{name}/{s.picture.group}" for name, s in groups], np.str_)


def of_views(features: Features, fake: Flags, weights: Floats) -> tuple[Features, Flags, Floats]:
    """(views, n, d), (n,), (n,) → a row for each view, (views * n, d), with what it counts."""
    views = len(features)
    rows = features.reshape(-1, features.shape[-1])
    return rows, np.tile(fake, views), np.tile(weights / views, views)


def _judges(fitted: Flags, held: Flags) -> bool:
    """Whether both classes are in what a head is fitted to, and in what it is judged on."""
    return all(part.any() and not part.all() for part in (fitted, held))
