"""How strong the penalty of the head should be, by pictures that it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.data.sample import Sample
from training.evaluate.metrics import Flags, Floats, auc, once
from training.frozen.head import Features, fit_heads

FOLDS = 5

Names = NDArray[np.str_]


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
    sources = np.array([sample.picture.source for sample in samples], np.str_)
    by, groups, folds = _division(samples, sources, fake)
    areas: list[list[float]] = []
    for kept, held in _folds(groups, fake, weights, folds):
        show(f"head: fitted to {len(kept)} pictures, judged on {len(held)} others")
        heads = fit_heads(*of_views(features[:, kept], fake[kept], weights[kept]), strengths)
        areas.append([once(auc, fake[held], head.logits(features[0][held])) for head in heads])
    if not areas:
        raise _too_few()
    means = np.mean(areas, axis=0)
    best = max(zip(means.round(4).tolist(), strengths, strict=True))[1]
    return Choice(best, by, len(areas), dict(zip(strengths, means.tolist(), strict=True)))


def of_views(features: Features, fake: Flags, weights: Floats) -> tuple[Features, Flags, Floats]:
    """(views, n, d), (n,), (n,) → a row for each view, (views * n, d), with what it counts."""
    views = len(features)
    rows = features.reshape(-1, features.shape[-1])
    return rows, np.tile(fake, views), np.tile(weights / views, views)


def _division(samples: Sequence[Sample], sources: Names, fake: Flags) -> tuple[str, Names, int]:
    if _fewest(sources, fake) >= FOLDS:
        return "source", sources, FOLDS
    groups = np.array([f"{s.picture.source}/{s.picture.group}" for s in samples], np.str_)
    folds = min(FOLDS, _fewest(groups, fake))
    if folds < 2:
        raise _too_few()
    return "group", groups, folds


def _fewest(names: Names, fake: Flags) -> int:
    return min(len(set(names[fake == label].tolist())) for label in (False, True))


def _too_few() -> ConfigurationError:
    return ConfigurationError(
        "The strength of the penalty is chosen on pictures that are held back and needs two "
        "groups of real and two of fake pictures at least; give more pictures."
    )


def _folds(
    groups: Names, fake: Flags, weights: Floats, folds: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Whole groups to fit to and to judge on; a part that lacks a class is left out."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for kept, held in splitter.split(groups, fake, groups):
        counted = kept[weights[kept] > 0]
        if all(len(set(fake[part].tolist())) == 2 for part in (counted, held)):
            yield kept, held
