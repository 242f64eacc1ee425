"""What a bundle is worth: figures of all pictures or clips, by source, generator and kind.

A group of figures is a dictionary of plain JSON values; docs/evaluation/README.md says what
each means. ``intervals`` in it holds the 95 % interval of a figure under the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.evaluate import metrics, resampling
from training.evaluate.metrics import Flags, Floats
from training.evaluate.scores import Scores
from training.evaluate.verdicts import Verdicts, shares

# Figures of how real and fake are told apart, and figures of the probabilities themselves.
_RANKING: dict[str, metrics.Metric] = {
    "auc": metrics.auc,
    "ap": metrics.average_precision,
    "eer": metrics.equal_error_rate,
}
_PROBABILITY: dict[str, metrics.Metric] = {
    "accuracy_at_half": metrics.accuracy,
    "selective_accuracy": metrics.selective_accuracy,
    "f1": metrics.f1,
    "log_loss": metrics.negative_log_likelihood,
    "brier": metrics.brier,
    "ece": metrics.calibration_error,
}


def figures_of(
    scores: Scores,
    verdicts: Verdicts,
    *,
    resamples: int = resampling.RESAMPLES,
) -> dict[str, Any]:
    """Every figure of scores: ``all``, by source, generator and kind, and the mean AUCs."""
    weights = scores.resampled(resamples)
    everything = np.ones(len(scores), np.bool_)

    def group(members: Flags) -> _Group:
        return _Group(scores, verdicts, members, weights)

    by_source = {name: group(scores.source == name) for name in sorted(set(scores.source.tolist()))}
    told = {
        "all": group(everything).figures(),
        **_mean_aucs(list(by_source.values())),
        "by_source": {name: each.figures() for name, each in by_source.items()},
    }
    for key, names in (("by_generator", scores.generator), ("by_kind", scores.kind)):
        told[key] = {
            name: group(scores.fake & (names == name)).figures()
            for name in sorted(set(names[scores.fake].tolist()) - {""})
        }
    return told


class _Group:
    """Some of the pictures, and whom they are compared with."""

    def __init__(self, scores: Scores, verdicts: Verdicts, members: Flags, weights: Floats) -> None:
        self._scores, self._verdicts = scores, verdicts
        self._members, self._weights = members, weights
        self._own = members | counterparts(scores, members)
        self._against_all = (members & scores.fake) | ~scores.fake

    def figures(self) -> dict[str, Any]:
        """The group's figures, rounded, with their intervals."""
        fake = self._scores.fake[self._members]
        values: dict[str, Any] = {
            "real": int((~fake).sum()),
            "fake": int(fake.sum()),
            "groups": len(set(self._scores.group[self._members].tolist())),
            "face_found": int(self._scores.face_found[self._members].sum()),
        }
        intervals: dict[str, list[float] | None] = {}
        for name, metric in _RANKING.items():
            values[name], intervals[name] = self._measure(metric, self._own)
        against_all = self._against_all if fake.any() else np.zeros_like(self._own)
        values["auc_all_reals"], intervals["auc_all_reals"] = self._measure(
            metrics.auc, against_all
        )
        for name, metric in _PROBABILITY.items():
            values[name], intervals[name] = self._measure(metric, self._members)
        verdicts = {label: flags[self._members] for label, flags in self._verdicts.items()}
        decided = shares(fake, verdicts, self._scores.group[self._members])
        intervals |= decided.pop("intervals")
        return values | decided | {"intervals": intervals}

    def aucs(self, *, all_reals: bool) -> tuple[float, Floats]:
        """AUC, and AUC of every resample (r,), against its own or against all reals."""
        compared = (self._against_all if all_reals else self._own) & self._scores.judged
        fake, p = self._scores.fake[compared], self._scores.probability[compared]
        resampled = metrics.auc(fake, p, self._weights[:, compared])
        return metrics.once(metrics.auc, fake, p), resampled

    @property
    def has_fakes(self) -> bool:
        return bool((self._members & self._scores.fake).any())

    def _measure(
        self, metric: metrics.Metric, some: Flags
    ) -> tuple[float | None, list[float] | None]:
        some = some & self._scores.judged
        fake, p = self._scores.fake[some], self._scores.probability[some]
        value = rounded(metrics.once(metric, fake, p))
        if value is None or not self._enough(some):
            return value, None
        return value, rounded_pair(resampling.interval(metric(fake, p, self._weights[:, some])))

    def _enough(self, some: Flags) -> bool:
        """Whether each class that is there has groups enough to be resampled."""
        classes = (some & self._scores.fake, some & ~self._scores.fake)
        numbers = [len(set(self._scores.group[each].tolist())) for each in classes if each.any()]
        return min(numbers, default=0) >= resampling.FEWEST_GROUPS


def _mean_aucs(groups: Sequence[_Group]) -> dict[str, Any]:
    """AUC averaged over the sources that have fakes, with intervals."""
    told: dict[str, Any] = {"intervals": {}}
    for name, all_reals in (("mean_auc", False), ("mean_auc_all_reals", True)):
        pairs = [group.aucs(all_reals=all_reals) for group in groups if group.has_fakes]
        pairs = [pair for pair in pairs if np.isfinite(pair[0])]
        told[name] = rounded(float(np.mean([value for value, _ in pairs]))) if pairs else None
        told[f"{name}_sources"] = len(pairs)
        resampled = _mean_where_measured([each for _, each in pairs])
        told["intervals"][name] = rounded_pair(resampling.interval(resampled))
    return told


def _mean_where_measured(resampled: Sequence[Floats]) -> Floats:
    """The mean over sources, of the resamples in which every source has both classes."""
    table = np.asarray(resampled)  # (sources, r)
    return table[:, np.isfinite(table).all(0)].mean(0) if len(table) else np.empty(0)


def counterparts(scores: Scores, members: Flags) -> Flags:
    """(n,) bool: the reals of the same sources, for members that are all fakes."""
    if (members & ~scores.fake).any():
        return np.zeros(len(scores), np.bool_)
    sources = set(scores.source[members].tolist())
    return np.asarray(np.isin(scores.source, sorted(sources)) & ~scores.fake, np.bool_)


def rounded(value: float) -> float | None:
    """Four decimals; None for what is not a number."""
    return round(float(value), 4) if np.isfinite(value) else None


def rounded_pair(pair: tuple[float, float] | None) -> list[float] | None:
    """The same of an interval."""
    return None if pair is None else [round(edge, 4) for edge in pair]
