from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.model.rules import Thresholds
from tests.training.evaluate.scored import made_scores
from training.data.manifest import Picture, Split
from training.evaluate.claims import claims_of
from training.evaluate.figures import figures_of
from training.evaluate.gate import (
    CLIPS_PER_CELL,
    MOST_CLIPS,
    PER_CELL,
    broken_claims,
    gate_clips,
    gate_sample,
)
from training.evaluate.sampling import fingerprint
from training.evaluate.scores import Scores
from training.evaluate.verdicts import called

THRESHOLDS = Thresholds(fake=0.8, real=0.2)


def report_of(scores: Scores) -> dict[str, Any]:
    return claims_of(figures_of(scores, called(scores.probability, THRESHOLDS), resamples=200))


def picture(index: int, source: str = "a", *, fake: bool = False) -> Picture:
    key = f"test/{source}/{'fake' if fake else 'real'}/{index}.jpg"
    return Picture(Path(key), key, Split.TEST, source, fake, str(index))


def test_the_same_figures_pass() -> None:
    claimed = report_of(made_scores())
    assert broken_claims(claimed, claimed) == []


def test_the_rounding_of_another_processor_passes() -> None:
    scores = made_scores()
    noise = np.random.default_rng(5).normal(0, 0.01, len(scores))
    rounded = replace(scores, probability=np.clip(scores.probability + noise, 0, 1))
    assert broken_claims(report_of(scores), report_of(rounded)) == []


def test_a_better_detector_passes() -> None:
    assert broken_claims(report_of(made_scores(2.0)), report_of(made_scores(4.0))) == []


def test_a_worse_detector_fails_and_the_figure_is_named_with_its_interval() -> None:
    claimed = report_of(made_scores(2.0))
    broken = broken_claims(claimed, report_of(made_scores(1.0)))
    low, high = claimed["all"]["intervals"]["auc"]
    told = f"model.json claims {claimed['all']['auc']} ({low} to {high})"
    assert any(line.startswith("all: auc is ") and line.endswith(told) for line in broken)


def test_a_detector_that_accuses_more_fails_though_it_ranks_as_well() -> None:
    scores = made_scores()
    shifted = replace(scores, probability=scores.probability**0.3)
    broken = broken_claims(report_of(scores), report_of(shifted))
    assert any(line.startswith("all: real_called_fake") for line in broken)
    assert any(line.startswith("all: ece") for line in broken)
    assert not any(": auc" in line for line in broken)


def test_a_source_that_vanished_is_a_broken_claim() -> None:
    scores = made_scores()
    claimed, measured = report_of(scores), report_of(scores)
    del measured["by_source"]["swaps"]
    assert any("swaps: auc cannot be measured" in line for line in broken_claims(claimed, measured))


def test_the_clips_of_the_gate_are_few_of_each_source_and_class_of_valid() -> None:
    def clip(index: int, source: str, split: Split) -> Picture:
        key = f"clips/{split}/{source}/real/{index}.mp4"
        return Picture(Path(key), key, split, source, False, str(index))

    clips = [clip(i, "many", Split.VALID) for i in range(20)]
    clips += [clip(0, "few", Split.VALID), clip(1, "tested", Split.TEST)]
    chosen = gate_clips(clips)
    assert [each.source for each in chosen] == ["many"] * CLIPS_PER_CELL + ["few"]
    crowd = [clip(i, f"source {i % 30}", Split.VALID) for i in range(300)]
    assert len(gate_clips(crowd)) == MOST_CLIPS
    assert gate_clips(crowd) == gate_clips(crowd)


def test_the_sample_holds_every_source_and_class_and_does_not_move() -> None:
    pictures = [picture(i, "large") for i in range(3 * PER_CELL)]
    pictures += [picture(i, "small", fake=True) for i in range(5)]
    chosen = gate_sample(pictures)
    assert len(chosen) == PER_CELL + 5
    more = [*pictures, *(picture(i, "new") for i in range(9))]
    assert [each for each in gate_sample(more) if each.source != "new"] == chosen
    assert fingerprint(chosen) == fingerprint(chosen[::-1]) != fingerprint(chosen[1:])
