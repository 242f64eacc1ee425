from __future__ import annotations

import numpy as np

from training.fit.early_stopping import EarlyStopping


def test_it_stops_after_so_many_validations_without_a_lower_loss() -> None:
    stopping = EarlyStopping(patience=2)
    seen = [0.9, 0.5, 0.6, 0.4, 0.4, 0.5]
    told = [
        stopping.saw(loss, step, lambda step=step: [np.array([step])])  # type: ignore[misc]
        for step, loss in enumerate(seen)
    ]
    assert told == [False, False, False, False, False, True]
    assert (stopping.best_loss, stopping.best_step) == (0.4, 3)
    assert stopping.best[0] == [3]


def test_it_goes_on_where_it_was() -> None:
    before = EarlyStopping(patience=2)
    before.saw(0.5, 10, lambda: [np.ones(2)])
    before.saw(0.6, 20, list)
    after = EarlyStopping(patience=2)
    after.resume(before.to_json(), before.best)
    assert after == before
    assert after.saw(0.7, 30, list)
    assert after.best_step == 10


def test_the_best_weights_are_copies() -> None:
    weights = np.zeros(2)
    stopping = EarlyStopping(patience=1)
    stopping.saw(0.5, 1, lambda: [weights])
    weights += 1
    assert stopping.best[0].tolist() == [0, 0]
