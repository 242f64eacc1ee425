"""What a calibration is worth on pictures that it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.rules import Calibration, Thresholds
from core.model.sigmoid import sigmoid
from training.calibrate.calibration import Wanted, balanced_weights, fit
from training.calibrate.thresholds import check_enough, choose_thresholds
from training.data.cache import Sample
from training.evaluate.metrics import Flags, Floats, calibration_error

FOLDS = 5
_NOT_KEPT = "one fold of a cross-validation"

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures as a calibration sees them; every array is (n,)."""

    logits: Floats  # of fake, before calibration
    fake: Flags
    groups: NDArray[np.str_]  # pictures of one video or person share one, and a fold
    weights: Floats  # mean 1

    @classmethod
    def of(cls, samples: Sequence[Sample], logits: Floats) -> Labelled:
        """Join pictures with their logits; both classes and all sources get their say."""
        fake = np.array([sample.picture.fake for sample in samples], np.bool_)
        groups = np.array([sample.picture.group for sample in samples], np.str_)
        sources = [sample.picture.source for sample in samples]
        return cls(logits, fake, groups, balanced_weights(sources, fake))

    def some(self, index: NDArray[np.int64]) -> Labelled:
        """The pictures at ``index``."""
        return Labelled(
            self.logits[index], self.fake[index], self.groups[index], self.weights[index]
        )


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """A calibration fitted on four fifths and judged on the rest, five times."""

    folds: int
    ece_before: float  # of sigmoid(logit)
    ece_after: float
    real_called_fake: float  # weighted shares, by thresholds of the same four fifths
    fake_called_real: float
    inconclusive: float
    verdicts: NDArray[np.int64] = field(repr=False)  # (n,) 1 fake, -1 real, 0 inconclusive

    def to_json(self) -> dict[str, Any]:
        """The figures for ``model.json``."""
        names = ("ece_before", "ece_after", "real_called_fake", "fake_called_real", "inconclusive")
        return {"folds": self.folds, **{name: round(getattr(self, name), 4) for name in names}}

    def describe(self) -> str:
        """The figures in words; all of them are of held-back pictures."""
        return (
            f"Expected calibration error {self.ece_before:.4f} before, {self.ece_after:.4f} after; "
            f"real called fake {self.real_called_fake:.1%}, fake called real "
            f"{self.fake_called_real:.1%}, inconclusive {self.inconclusive:.1%} "
            f"(cross-validation, {self.folds} folds, both classes weighted alike)."
        )


def calibrate(data: Labelled, wanted: Wanted, fitted_on: str) -> tuple[Calibration, Thresholds]:
    """The calibration of all the pictures, and the thresholds that it gives them."""
    platt = fit(data.logits, data.fake, fitted_on, weights=data.weights)
    probability = apply(platt, data.logits)
    return platt, choose_thresholds(probability, data.fake, data.weights, wanted)


def fitted_on(samples: Sequence[Sample], where: str) -> str:
    """What ``model.json`` says of the pictures that a calibration was fitted on."""
    fakes = sum(sample.picture.fake for sample in samples)
    sources = len({sample.picture.source for sample in samples})
    return (
        f"{len(samples) - fakes} real and {fakes} fake pictures of {sources} sources, {where}; "
        "both classes weighted alike"
    )


def apply(calibration: Calibration, logits: Floats) -> Floats:
    """P(fake) of logits, (n,) float64."""
    return sigmoid(calibration.slope * logits + calibration.intercept)


def cross_validate(data: Labelled, wanted: Wanted) -> CrossValidated:
    """Judge a calibration on groups of pictures that it was not fitted on.

    Raises :class:`ConfigurationError` when a class has fewer than two groups, or too few pictures
    for the shares wanted.
    """
    folds = folds_of(data.fake, data.groups)
    check_enough(data.fake, data.weights, wanted)
    after = np.empty(len(data.logits))
    verdicts = np.zeros(len(data.logits), np.int64)
    for kept, held in folds:
        calibration, thresholds = calibrate(data.some(kept), wanted, _NOT_KEPT)
        after[held] = apply(calibration, data.logits[held])
        verdicts[held] += after[held] >= thresholds.fake
        verdicts[held] -= after[held] <= thresholds.real
    before = sigmoid(data.logits)
    return summary(len(folds), before, after, verdicts, data.fake, data.weights)


def folds_of(fake: Flags, groups: NDArray[np.str_]) -> list[tuple[Places, Places]]:
    """(places to fit on, places held back), no group on both sides; at most ``FOLDS``.

    Raises :class:`ConfigurationError` when a class has fewer than two groups.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    number = min(FOLDS, *(len(set(groups[fake == label])) for label in (False, True)))
    if number < 2:
        raise ConfigurationError(
            "What is fitted is judged on files held back from it, which needs two groups of real "
            "and two of fake ones at least; give more."
        )
    splitter = StratifiedGroupKFold(number, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros(len(fake)), fake, groups))


def summary(
    folds: int,
    before: Floats,
    after: Floats,
    verdicts: NDArray[np.int64],
    fake: Flags,
    weights: Floats,
) -> CrossValidated:
    """What held-back files say: P(fake) before and after, verdicts 1 fake, -1 real, 0 neither.

    All are (n,).
    """
    real_weights, fake_weights = (weights * (fake == label) for label in (False, True))
    return CrossValidated(
        folds=folds,
        ece_before=float(calibration_error(fake, before, weights[None])[0]),
        ece_after=float(calibration_error(fake, after, weights[None])[0]),
        real_called_fake=float(real_weights[verdicts == 1].sum() / real_weights.sum()),
        fake_called_real=float(fake_weights[verdicts == -1].sum() / fake_weights.sum()),
        inconclusive=float(weights[verdicts == 0].sum() / weights.sum()),
        verdicts=verdicts,
    )
