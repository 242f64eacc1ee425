"""Bundles side by side: differences of their figures on the same pictures and clips.

Each resample is drawn once for both, so that what makes a picture hard for either cancels: the
interval of a difference is mostly far narrower than those of the two figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.result import Label
from training.evaluate import metrics, resampling
from training.evaluate.figures import counterparts, rounded
from training.evaluate.metrics import Flags, Floats
from training.evaluate.scores import Scores
from training.evaluate.verdicts import Answers

# (answers, weights (r, n)) → (r,), NaN where a class is missing
_Figure = Callable[[Answers, Floats], Floats]


def compare(
    first: Answers,
    other: Answers,
    *,
    resamples: int = resampling.RESAMPLES,
    seed: int = resampling.SEED,
) -> dict[str, dict[str, Any]]:
    """Figure → its value for both, the difference other - first, and the interval of that.

    Raises :class:`ConfigurationError` unless both are of the same files in the same order.
    """
    if not np.array_equal(first.scores.fake, other.scores.fake) or not np.array_equal(
        first.scores.group, other.scores.group
    ):
        raise ConfigurationError("Bundles are compared on the same files; these are of others.")
    weights = first.scores.resampled(resamples, seed)
    return {name: _difference(figure, first, other, weights) for name, figure in FIGURES.items()}


def _difference(figure: _Figure, first: Answers, other: Answers, weights: Floats) -> dict[str, Any]:
    once = np.ones((1, len(first.scores)))
    values = [float(figure(each, once)[0]) for each in (first, other)]
    apart = figure(other, weights) - figure(first, weights)
    pair = resampling.interval(apart) if np.isfinite(values).all() else None
    return {
        "first": rounded(values[0]),
        "other": rounded(values[1]),
        "difference": rounded(values[1] - values[0]),
        "interval": pair and [round(edge, 4) for edge in pair],
    }


def _auc(answers: Answers, weights: Floats) -> Floats:
    return _auc_of(answers.scores, np.ones(len(answers.scores), np.bool_), weights)


def _mean_auc(answers: Answers, weights: Floats) -> Floats:
    """Over the sources of fakes that have reals to compare with."""
    scores = answers.scores
    aucs = []
    for name in sorted(set(scores.source[scores.fake].tolist())):
        own = scores.source == name
        some = own | counterparts(scores, own)
        if (some & scores.judged & ~scores.fake).any():
            aucs.append(_auc_of(scores, some, weights))
    return np.mean(aucs, axis=0) if aucs else np.full(len(weights), np.nan)


def _auc_of(scores: Scores, some: Flags, weights: Floats) -> Floats:
    some = some & scores.judged
    if not some.any():
        return np.full(len(weights), np.nan)
    return metrics.auc(scores.fake[some], scores.probability[some], weights[:, some])


def _ece(answers: Answers, weights: Floats) -> Floats:
    some = answers.scores.judged
    fake, p = answers.scores.fake[some], answers.scores.probability[some]
    return metrics.calibration_error(fake, p, weights[:, some])


def _share(flags: Flags, among: Flags, weights: Floats) -> Floats:
    return metrics.mean(flags[among].astype(np.float64), weights[:, among])


def _decided(answers: Answers, weights: Floats) -> Floats:
    decided = ~answers.verdicts[Label.INCONCLUSIVE]
    return _share(decided, np.ones_like(decided), weights)


def _accuracy_decided(answers: Answers, weights: Floats) -> Floats:
    verdicts = answers.verdicts
    right = np.where(answers.scores.fake, verdicts[Label.FAKE], verdicts[Label.REAL])
    return _share(right, ~verdicts[Label.INCONCLUSIVE], weights)


def _real_called_fake(answers: Answers, weights: Floats) -> Floats:
    return _share(answers.verdicts[Label.FAKE], ~answers.scores.fake, weights)


def _fake_called_real(answers: Answers, weights: Floats) -> Floats:
    return _share(answers.verdicts[Label.REAL], answers.scores.fake, weights)


FIGURES: Mapping[str, _Figure] = {
    "auc": _auc,
    "mean_auc": _mean_auc,
    "decided": _decided,
    "accuracy_decided": _accuracy_decided,
    "real_called_fake": _real_called_fake,
    "fake_called_real": _fake_called_real,
    "ece": _ece,
}


def table(compared: Mapping[str, Mapping[str, Any]], first: str, other: str) -> str:
    """The differences as text, a line a figure."""
    lines = [f"{other} against {first}", f"{'':<18} {'other':>7} {'first':>7} {'difference':>11}"]
    for name, told in compared.items():
        if told["difference"] is None:
            lines.append(f"{name.replace('_', ' '):<18} {'-':>7}")
            continue
        pair = told["interval"]
        around = "" if pair is None else f" ({pair[0]:+.3f} to {pair[1]:+.3f})"
        lines.append(
            f"{name.replace('_', ' '):<18} {told['other']:>7.3f} {told['first']:>7.3f} "
            f"{told['difference']:>+11.3f}{around}"
        )
    return "\n".join(lines)
