"""Stops a run whose validation loss falls no more, and keeps the best weights.

As ``keras.callbacks.EarlyStopping`` with ``restore_best_weights``, which forgets its state when
a run continues and would keep the weights of the last step, not their average.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = list[NDArray[Any]]


@dataclass(slots=True)
class EarlyStopping:
    """What has been seen so far; all of it is saved with a checkpoint."""

    patience: int  # validations in a row without a lower loss
    best_loss: float = math.inf
    best_step: int = 0
    waited: int = 0
    best: Weights = field(default_factory=list)

    def saw(self, loss: float, step: int, weights: Callable[[], Weights]) -> bool:
        """Note a validation loss; True when the run is to stop."""
        if loss < self.best_loss:
            self.best_loss, self.best_step, self.waited = loss, step, 0
            self.best = [np.array(value) for value in weights()]
        else:
            self.waited += 1
        return self.waited >= self.patience

    def to_json(self) -> dict[str, float]:
        """The counters; the weights are arrays of the checkpoint."""
        return {"best_loss": self.best_loss, "best_step": self.best_step, "waited": self.waited}

    def resume(self, counters: dict[str, Any], best: Weights) -> None:
        """Take up what :meth:`to_json` and the checkpoint hold."""
        self.best_loss, self.best = float(counters["best_loss"]), best
        self.best_step, self.waited = int(counters["best_step"]), int(counters["waited"])
