from __future__ import annotations

import time

import numpy as np
import pytest

from tests.training.evaluate.test_metrics import scored
from training.evaluate import metrics, resampling

METRICS = [
    metrics.auc,
    metrics.average_precision,
    metrics.equal_error_rate,
    metrics.accuracy,
    metrics.selective_accuracy,
    metrics.f1,
    metrics.brier,
    metrics.negative_log_likelihood,
    metrics.calibration_error,
]


@pytest.mark.parametrize("metric", METRICS)
def test_counts_give_what_repeated_pictures_give(metric: metrics.Metric) -> None:
    fake, score = scored(200)
    weights = resampling.draw(fake.astype(np.int64), resamples=4, seed=3)
    for counts, value in zip(weights, metric(fake, score, weights), strict=True):
        repeats = counts.astype(int)
        again = np.repeat(fake, repeats), np.repeat(score, repeats)
        assert value == pytest.approx(metrics.once(metric, *again))


def test_every_resample_keeps_the_size_of_every_stratum() -> None:
    strata = np.array([0] * 30 + [1] * 5 + [2])
    weights = resampling.draw(strata, resamples=50)
    for stratum, size in ((0, 30), (1, 5), (2, 1)):
        assert (weights[:, strata == stratum].sum(1) == size).all()
    assert len(np.unique(weights, axis=0)) > 40


def test_the_same_seed_draws_the_same_pictures() -> None:
    strata = np.arange(40) % 2
    first, same, other = (resampling.draw(strata, 10, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_the_interval_holds_the_true_value_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        fake = np.arange(200) % 2 == 0
        score = rng.normal(fake.astype(float), 1.0)
        weights = resampling.draw(fake.astype(np.int64), 300, seed)
        pair = resampling.interval(metrics.auc(fake, score, weights))
        assert pair is not None
        held += pair[0] <= 0.7602 <= pair[1]  # the AUC of two normals one deviation apart
    assert 51 <= held <= 60


def test_a_share_of_none_has_an_interval_with_width() -> None:
    pair = resampling.share_interval(0, 60)
    assert pair is not None
    assert pair[0] == 0
    assert 0.03 < pair[1] < 0.1
    assert resampling.share_interval(0, 0) is None
    assert resampling.interval(np.array([np.nan])) is None


def test_a_thousand_resamples_of_a_test_set_take_under_two_seconds() -> None:
    fake, score = scored(2880)
    started = time.process_time()
    weights = resampling.draw(fake.astype(np.int64), 1000)
    metrics.auc(fake, score, weights)
    assert time.process_time() - started < 2


def test_members_of_a_group_are_drawn_together() -> None:
    groups = np.array([f"film {index // 4}" for index in range(48)])
    fake = np.arange(48) % 2 == 0
    weights = resampling.draw_groups(fake.astype(np.int64), fake, groups, resamples=30)
    counts = weights.reshape(30, 12, 4)
    assert (counts == counts[:, :, :1]).all()
    assert (weights.sum(1) == 48).all()
    assert len(np.unique(weights, axis=0)) > 20


def test_groups_are_drawn_within_their_source_unless_it_has_too_few() -> None:
    cells = np.array([0] * 10 + [1] * 2 + [2] * 3)
    groups, fake = np.arange(15).astype(str), np.zeros(15, np.bool_)
    weights = resampling.draw_groups(cells, fake, groups, resamples=200)
    assert (weights[:, cells == 0].sum(1) == 10).all()
    of_the_small = weights[:, cells == 1].sum(1)
    assert of_the_small.min() == 0
    assert of_the_small.max() > 2


def test_frames_of_few_films_have_the_wide_interval_of_few_films() -> None:
    rng = np.random.default_rng(0)
    film = np.repeat(np.arange(20), 30)
    fake = film < 10
    score = rng.normal(fake.astype(float), 0.1) + np.repeat(rng.normal(0, 1, 20), 30)
    grouped = resampling.draw_groups(fake.astype(np.int64), fake, film.astype(str), 300)
    alone = resampling.draw(fake.astype(np.int64), 300)
    wide, narrow = (
        np.ptp(resampling.interval(metrics.auc(fake, score, weights)) or (0, 0))
        for weights in (grouped, alone)
    )
    assert wide > 3 * narrow


def test_a_share_of_files_in_few_groups_is_less_certain() -> None:
    groups = np.repeat(["a", "b", "c", "d"], 10)
    assert resampling.independent_number(groups) == pytest.approx(4)
    assert resampling.independent_number(np.arange(40).astype(str)) == 40
    assert resampling.independent_number(groups[:0]) == 0
    low, high = resampling.share_interval(10, 40, 4) or (0, 0)
    assert (low, high) == pytest.approx(resampling.share_interval(1, 4))
