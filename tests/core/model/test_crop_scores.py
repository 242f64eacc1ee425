from __future__ import annotations

import numpy as np
import pytest

from core.model.crop_scores import CropScores


def scores(*logits: float, novelty: bool = False) -> CropScores:
    values = np.array(logits, np.float64)
    return CropScores(values, -values if novelty else None)


def test_parts_put_together_again_are_the_whole() -> None:
    whole = scores(1, 2, 3, 4, novelty=True)
    joined = CropScores.joined([whole.part(0, 1), whole.part(1, 1), whole.part(1, 4)])
    assert joined.logit.tolist() == [1, 2, 3, 4]
    assert joined.novelty is not None
    assert joined.novelty.tolist() == [-1, -2, -3, -4]


def test_no_parts_are_no_scores() -> None:
    assert len(CropScores.joined([])) == 0
    assert len(CropScores.joined([CropScores.none()])) == 0


def test_an_empty_part_takes_no_novelty_away() -> None:
    assert CropScores.joined([CropScores.none(), scores(1, novelty=True)]).novelty is not None


def test_parts_of_which_some_lack_a_novelty_are_not_put_together() -> None:
    with pytest.raises(ValueError, match="1 of 2 parts have a novelty"):
        CropScores.joined([scores(1), scores(2, novelty=True)])


def test_a_novelty_for_every_crop_or_none() -> None:
    with pytest.raises(ValueError, match="novelties for"):
        CropScores(np.zeros(2), np.zeros(3))
