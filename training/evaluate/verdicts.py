"""What the three verdicts do at a bundle's thresholds: real, inconclusive, fake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.model.rules import Band
from core.result import Label
from training.evaluate.metrics import Flags, Floats
from training.evaluate.resampling import independent_number, share_interval
from training.evaluate.scores import Scores

Verdicts: TypeAlias = Mapping[Label, Flags]  # which of n files, (n,) bool, got which verdict
ORDER = (Label.REAL, Label.INCONCLUSIVE, Label.FAKE)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one bundle said of n pictures or clips."""

    scores: Scores
    verdicts: Verdicts


def called(probability: Floats, thresholds: Band) -> Verdicts:
    """The verdicts on pictures by their P(fake), (n,)."""
    fake, real = probability >= thresholds.fake, probability <= thresholds.real
    return {Label.REAL: real, Label.INCONCLUSIVE: ~(fake | real), Label.FAKE: fake}


def shares(fake: Flags, verdicts: Verdicts, groups: NDArray[np.str_]) -> dict[str, Any]:
    """Shares of right, wrong and no verdicts, with Wilson's intervals.

    ``confusion`` counts files: true class → verdict; ``inconclusive`` is a column of it. The
    intervals count the files of a group, ``groups`` being (n,), as if all got the same verdict.
    """
    decided = ~verdicts[Label.INCONCLUSIVE]
    right = np.where(fake, verdicts[Label.FAKE], verdicts[Label.REAL])
    counted = {
        "real_called_fake": (verdicts[Label.FAKE], ~fake),
        "real_called_real": (verdicts[Label.REAL], ~fake),
        "fake_called_fake": (verdicts[Label.FAKE], fake),
        "fake_called_real": (verdicts[Label.REAL], fake),
        "inconclusive": (~decided, np.ones_like(fake)),
        "decided": (decided, np.ones_like(fake)),
        "accuracy_decided": (right, decided),
    }
    told: dict[str, Any] = {"intervals": {}}
    for name, (flags, among) in counted.items():
        count, total = int((flags & among).sum()), int(among.sum())
        told[name] = round(count / total, 4) if total else None
        pair = share_interval(count, total, independent_number(groups[among]))
        told["intervals"][name] = None if pair is None else [round(edge, 4) for edge in pair]
    told["confusion"] = {
        true.value: {label.value: int((verdicts[label] & members).sum()) for label in ORDER}
        for true, members in ((Label.REAL, ~fake), (Label.FAKE, fake))
    }
    return told
