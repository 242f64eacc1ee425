"""Do the files alone tell the classes apart? A small classifier that never sees a pixel.

Whatever it can do, a network can do too, without learning anything about faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.check.file_facts import FileFacts

# Fakes are smoother and take fewer bytes: 0.59 where both classes were encoded alike (DFDC).
MAX_AUC = 0.65
MIN_PICTURES = 20  # of each class; with fewer, chance alone passes the limit
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Probe:
    """What file features tell about the class: AUC of held-out files, 0.5 is chance."""

    source: str  # or "all"
    real: int
    fake: int
    auc: float
    by_feature: dict[str, float]  # of each feature alone, 0.5 to 1

    @property
    def telling(self) -> str:
        """The feature that tells most by itself."""
        return max(self.by_feature, key=lambda name: self.by_feature[name])


def probe_sources(facts: Sequence[FileFacts]) -> list[Probe]:
    """One probe for each source that has enough of both classes, and one for all together."""
    names = sorted({each.picture.source for each in facts})
    groups = {"all": list(facts)} if len(names) > 1 else {}
    groups |= {name: [each for each in facts if each.picture.source == name] for name in names}
    return [
        _probe(name, group) for name, group in groups.items() if min(_counts(group)) >= MIN_PICTURES
    ]


def _counts(facts: Sequence[FileFacts]) -> tuple[int, int]:
    fakes = sum(each.picture.fake for each in facts)
    return len(facts) - fakes, fakes


def _probe(source: str, facts: Sequence[FileFacts]) -> Probe:
    fake = np.array([each.picture.fake for each in facts])
    columns = _features(facts)
    alone = {name: _auc(values[:, None], fake) for name, values in columns.items()}
    together = _auc(np.stack(list(columns.values()), axis=1), fake)
    return Probe(source, *_counts(facts), together, alone)


def _features(facts: Sequence[FileFacts]) -> dict[str, NDArray[np.float64]]:
    """Columns of (n,); a name becomes its number among the names that occur."""
    named = {
        "format": [each.format for each in facts],
        "chroma subsampling": [each.subsampling for each in facts],
    }
    columns = {
        "width": [each.width for each in facts],
        "height": [each.height for each in facts],
        "bytes per pixel": [each.size / (each.width * each.height) for each in facts],
        "JPEG quality": [each.quality or 0 for each in facts],
    }
    numbers = {name: np.unique(values, return_inverse=True)[1] for name, values in named.items()}
    return {name: np.asarray(values, np.float64) for name, values in (columns | numbers).items()}


def _auc(features: NDArray[np.float64], fake: NDArray[np.bool_]) -> float:
    """AUC over held-out fifths of a shallow tree, not below 0.5."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=4, min_samples_leaf=10, random_state=0)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    scores = cross_val_predict(tree, features, fake, cv=folds, method="predict_proba")[:, 1]
    return max(0.5, float(roc_auc_score(fake, scores)))
