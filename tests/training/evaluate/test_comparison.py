from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model.rules import Thresholds
from tests.training.evaluate.scored import made_scores
from training.evaluate import metrics
from training.evaluate.comparison import compare, table
from training.evaluate.figures import figures_of
from training.evaluate.scores import Scores
from training.evaluate.verdicts import Answers, called

THRESHOLDS = Thresholds(fake=0.8, real=0.2)


def _answers(scores: Scores) -> Answers:
    return Answers(scores, called(scores.probability, THRESHOLDS))


@pytest.fixture(scope="module")
def first() -> Answers:
    return _answers(made_scores())


def test_values_are_those_that_each_bundle_has_alone(first: Answers) -> None:
    other = _answers(made_scores(3.0, seed=1))
    told = compare(first, other, resamples=50)
    for which, answers in (("first", first), ("other", other)):
        report = figures_of(answers.scores, answers.verdicts, resamples=10)
        assert told["mean_auc"][which] == pytest.approx(report["mean_auc"], abs=1e-4)
        for name in set(told) - {"mean_auc"}:
            assert told[name][which] == pytest.approx(report["all"][name], abs=1e-4), name


def test_a_bundle_does_not_differ_from_itself(first: Answers) -> None:
    for told in compare(first, first, resamples=50).values():
        assert told["difference"] == 0
        assert told["interval"] == [0, 0]


def test_a_small_gain_on_the_same_pictures_is_certain(first: Answers) -> None:
    scores = first.scores
    logit = np.log(scores.probability / (1 - scores.probability))
    better = 1 / (1 + np.exp(-(logit + np.where(scores.fake, 0.1, -0.1))))
    told = compare(first, _answers(replace(scores, probability=better)), resamples=300)["auc"]
    alone = figures_of(scores, first.verdicts, resamples=300)["all"]["intervals"]["auc"]
    assert told["interval"][0] > 0
    assert np.ptp(told["interval"]) < np.ptp(alone) / 4
    assert told["difference"] == pytest.approx(
        metrics.once(metrics.auc, scores.fake, better)
        - metrics.once(metrics.auc, scores.fake, scores.probability),
        abs=1e-4,
    )


def test_a_figure_that_one_bundle_does_not_have_has_no_difference(first: Answers) -> None:
    scores = first.scores
    undecided = _answers(replace(scores, probability=np.full(len(scores), 0.5)))
    told = compare(first, undecided, resamples=20)
    assert told["accuracy_decided"]["other"] is None
    assert told["accuracy_decided"]["difference"] is None
    assert told["decided"]["other"] == 0
    assert "accuracy decided" in table(told, "a", "b")


def test_a_source_whose_fakes_nobody_judged_is_left_out_of_the_mean(first: Answers) -> None:
    scores = first.scores
    unseen = (scores.source == "swaps") & scores.fake
    answers = _answers(replace(scores, probability=np.where(unseen, np.nan, scores.probability)))
    report = figures_of(answers.scores, answers.verdicts, resamples=10)
    told = compare(answers, answers, resamples=20)["mean_auc"]
    assert told["first"] == pytest.approx(report["mean_auc"], abs=1e-4)
    assert told["difference"] == 0


def test_answers_to_other_files_are_refused(first: Answers) -> None:
    turned = _answers(replace(first.scores, fake=~first.scores.fake))
    with pytest.raises(ConfigurationError, match="same files"):
        compare(first, turned)
