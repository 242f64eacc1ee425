"""Bundles side by side: differences of their figures on the same pictures and clips.

Each resample is drawn once for both, so that what makes a picture hard for either cancels: the
interval of a difference is mostly far narrower than those of the two figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.result import Label
from training.evaluate import metrics, resampling
from training.evaluate.figures import counterparts, rounded, rounded_pair
from training.evaluate.metrics import Flags, Floats
from training.evaluate.verdicts import Answers


def compare(
    first: Answers, other: Answers, *, resamples: int = resampling.RESAMPLES
) -> dict[str, dict[str, Any]]:
    """Figure → its value for both, the difference other - first, and the interval of that.

    Raises :class:`ConfigurationError` unless both are of the same files in the same order.
    """
    if not np.array_equal(first.scores.fake, other.scores.fake) or not np.array_equal(
        first.scores.group, other.scores.group
    ):
        raise ConfigurationError("Bundles are compared on the same files; these are of others.")
    once = np.ones((1, len(first.scores)))
    drawn = first.scores.resampled(resamples)
    (values, before), (others, after) = (
        (figures(each, once), figures(each, drawn)) for each in (first, other)
    )
    return {
        name: _difference(
            float(values[name][0]), float(others[name][0]), after[name] - before[name]
        )
        for name in values
    }


def _difference(first: float, other: float, apart: Floats) -> dict[str, Any]:
    known = np.isfinite(first) and np.isfinite(other)
    return {
        "first": rounded(first),
        "other": rounded(other),
        "difference": rounded(other - first),
        "interval": rounded_pair(resampling.interval(apart)) if known else None,
    }


def figures(answers: Answers, weights: Floats) -> dict[str, Floats]:
    """The figures that are compared, for each row of ``weights`` (r, n): (r,) each.

    ``mean_auc`` is over the sources of which fakes, and reals to compare with, were judged.
    """
    scores, verdicts = answers.scores, answers.verdicts
    fake, judged, every = scores.fake, scores.judged, np.ones(len(scores), np.bool_)
    decided = ~verdicts[Label.INCONCLUSIVE]
    right = np.where(fake, verdicts[Label.FAKE], verdicts[Label.REAL])

    def share(flags: Flags, among: Flags) -> Floats:
        return metrics.mean(flags[among].astype(np.float64), weights[:, among])

    def auc(some: Flags) -> Floats:
        some = some & judged
        if not some.any():
            return np.full(len(weights), np.nan)
        return metrics.auc(fake[some], scores.probability[some], weights[:, some])

    own = [scores.source == name for name in sorted(set(scores.source[fake].tolist()))]
    compared = [each | counterparts(scores, each) for each in own]
    both = [each for each in compared if len(set(fake[each & judged].tolist())) == 2]
    aucs = [auc(some) for some in both]
    probability = scores.probability[judged]
    return {
        "auc": auc(every),
        "mean_auc": np.mean(aucs, axis=0) if aucs else np.full(len(weights), np.nan),
        "decided": share(decided, every),
        "accuracy_decided": share(right, decided),
        "real_called_fake": share(verdicts[Label.FAKE], ~fake),
        "fake_called_real": share(verdicts[Label.REAL], fake),
        "ece": metrics.calibration_error(fake[judged], probability, weights[:, judged]),
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
