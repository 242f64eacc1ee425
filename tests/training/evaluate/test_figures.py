from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.model.rules import Thresholds
from tests.training.evaluate.scored import made_scores
from training.evaluate import metrics
from training.evaluate.claims import claims_of
from training.evaluate.figures import figures_of
from training.evaluate.scores import Scores
from training.evaluate.text_table import table, with_interval
from training.evaluate.verdicts import called

THRESHOLDS = Thresholds(fake=0.8, real=0.2)
VERDICTS = called(made_scores().probability, THRESHOLDS)


@pytest.fixture(scope="module")
def scores() -> Scores:
    return made_scores()


@pytest.fixture(scope="module")
def report(scores: Scores) -> dict[str, Any]:
    return figures_of(scores, VERDICTS, resamples=200)


def test_every_figure_lies_in_its_interval(report: dict[str, Any]) -> None:
    for name in ("auc", "ap", "eer", "accuracy_at_half", "selective_accuracy", "f1", "brier",
                 "log_loss", "decided"):  # fmt: skip
        low, high = report["all"]["intervals"][name]
        assert low <= report["all"][name] <= high, name
        assert low < high, name


def test_a_generator_is_compared_with_the_reals_of_its_source(
    scores: Scores, report: dict[str, Any]
) -> None:
    some = (scores.source == "swaps") & (~scores.fake | (scores.generator == "swapper"))
    expected = metrics.once(metrics.auc, scores.fake[some], scores.probability[some])
    assert report["by_generator"]["swapper"]["auc"] == pytest.approx(expected, abs=1e-4)


def test_fakes_without_reals_of_their_own_are_compared_with_the_reals_of_all_sources(
    scores: Scores, report: dict[str, Any]
) -> None:
    for source in ("portraits", "stylegan2"):
        group = report["by_source"][source]
        assert group["auc"] is None
        assert group["intervals"]["auc"] is None
        everyone = (scores.source == source) | ~scores.fake
        against_all = metrics.once(metrics.auc, scores.fake[everyone], scores.probability[everyone])
        assert group["auc_all_reals"] == pytest.approx(against_all, abs=1e-4)
    assert report["by_source"]["photos"]["auc_all_reals"] is None


def test_the_mean_auc_is_of_the_sources_that_have_one(report: dict[str, Any]) -> None:
    aucs = [group["auc"] for group in report["by_source"].values() if group["auc"] is not None]
    assert report["mean_auc_sources"] == len(aucs) == 2
    assert report["mean_auc"] == pytest.approx(np.mean(aucs), abs=1e-3)
    assert report["mean_auc_all_reals_sources"] == 4
    low, high = report["intervals"]["mean_auc"]
    assert low < report["mean_auc"] < high


def test_generators_are_told_apart(report: dict[str, Any]) -> None:
    assert set(report["by_generator"]) == {"swapper", "StyleGAN", "StyleGAN2", "portraits"}
    assert report["by_generator"]["swapper"]["fake"] == 80
    assert report["by_generator"]["swapper"]["real"] == 0
    assert report["by_generator"]["swapper"]["auc"] is not None


def test_kinds_of_fakes_are_told_apart(report: dict[str, Any]) -> None:
    assert set(report["by_kind"]) == {"swap", "gan"}
    assert report["by_kind"]["gan"]["fake"] == 100
    assert report["by_kind"]["gan"]["real"] == 0
    assert report["by_kind"]["gan"]["auc_all_reals"] == pytest.approx(0.889, abs=1e-3)


def test_a_source_of_few_groups_has_figures_without_an_interval(scores: Scores) -> None:
    few = np.where(scores.source == "swaps", "one film", scores.group)
    told = figures_of(replace(scores, group=few), VERDICTS, resamples=50)
    swaps = told["by_source"]["swaps"]
    assert (swaps["groups"], swaps["intervals"]["auc"]) == (1, None)
    assert swaps["auc"] is not None
    assert told["all"]["intervals"]["auc"] is not None
    low, high = swaps["intervals"]["decided"]
    assert high - low > 0.5  # as of one file


def test_a_clip_that_was_not_judged_counts_as_undecided_and_in_no_auc(scores: Scores) -> None:
    p = scores.probability.copy()
    p[:10] = np.nan
    told = figures_of(replace(scores, probability=p), called(p, THRESHOLDS), resamples=50)
    rest = slice(10, None)
    assert told["all"]["auc"] == pytest.approx(
        metrics.once(metrics.auc, scores.fake[rest], p[rest]), abs=1e-4
    )
    assert told["all"]["confusion"]["real"]["inconclusive"] >= 10
    assert told["all"]["real"] == 190


def test_the_confusion_matrix_counts_every_picture_once(report: dict[str, Any]) -> None:
    confusion = report["all"]["confusion"]
    assert list(confusion["real"]) == ["real", "inconclusive", "fake"]
    assert sum(confusion["real"].values()) == report["all"]["real"] == 190
    assert sum(confusion["fake"].values()) == report["all"]["fake"] == 210
    decided = 400 - confusion["real"]["inconclusive"] - confusion["fake"]["inconclusive"]
    right = confusion["real"]["real"] + confusion["fake"]["fake"]
    assert report["all"]["decided"] == pytest.approx(decided / 400, abs=1e-4)
    assert report["all"]["accuracy_decided"] == pytest.approx(right / decided, abs=1e-4)


def test_faces_that_were_not_found_are_counted(report: dict[str, Any]) -> None:
    assert report["all"]["face_found"] == 320


def test_claims_keep_figures_and_intervals_but_no_pictures(report: dict[str, Any]) -> None:
    claims = claims_of(report)
    assert claims["all"]["auc"] == report["all"]["auc"]
    assert claims["by_source"]["swaps"]["intervals"]["auc"] is not None
    assert "by_generator" not in claims


def test_the_table_has_a_line_for_every_source_and_shows_intervals(
    report: dict[str, Any],
) -> None:
    text = table(report)
    assert all(name in text for name in report["by_source"])
    low, high = report["all"]["intervals"]["auc"]
    assert f"({low:.3f}-{high:.3f})" in text
    assert with_interval(report["by_source"]["portraits"], "auc") == "-"


def test_labels_and_probabilities_of_different_lengths_are_refused(scores: Scores) -> None:
    with pytest.raises(ValueError, match="different lengths"):
        replace(scores, fake=scores.fake[:3])
