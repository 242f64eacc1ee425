"""What the three verdicts do at a bundle's thresholds: real, inconclusive, fake."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.model.rules import Thresholds
from core.result import Label
from training.evaluate.resampling import share_interval
from training.evaluate.scores import Flags, Floats

ORDER = (Label.REAL, Label.INCONCLUSIVE, Label.FAKE)


def called(probability: Floats, thresholds: Thresholds) -> dict[Label, Flags]:
    """Which pictures (n,) get which verdict."""
    fake, real = probability >= thresholds.fake, probability <= thresholds.real
    return {Label.REAL: real, Label.INCONCLUSIVE: ~(fake | real), Label.FAKE: fake}


def shares(fake: Flags, probability: Floats, thresholds: Thresholds) -> dict[str, Any]:
    """Shares of right, wrong and no verdicts, with Wilson's intervals.

    ``confusion`` counts pictures: true class → verdict; ``inconclusive`` is a column of it.
    """
    verdicts = called(probability, thresholds)
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
        pair = share_interval(count, total)
        told["intervals"][name] = None if pair is None else [round(edge, 4) for edge in pair]
    told["confusion"] = {
        true.value: {label.value: int((verdicts[label] & members).sum()) for label in ORDER}
        for true, members in ((Label.REAL, ~fake), (Label.FAKE, fake))
    }
    return told
