from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.media.sniff import Kind
from core.model.rules import ErrorCell, Rules, Thresholds
from core.pipeline.expected_error import described, expected_error_of, wilson
from core.verdict import Verdict, decide
from tests.core.evidence_factory import crop, evidence, scored

RULES = Rules(None, Thresholds(fake=0.8, real=0.2))


def cell(low: int, high: int | None, kind: str = "video", **counts: int) -> ErrorCell:
    numbers = {"files": 150, "decided": 120, "wrong": 6, **counts}
    return ErrorCell.model_validate({"kind": kind, "face_width_px": (low, high), **numbers})


CELLS = (
    cell(40, 90),
    cell(90, None, decided=50, wrong=1),
    cell(0, None, kind="image", decided=90, wrong=9),
)


def verdict(*widths: int, p: float = 0.99, kind: Kind = Kind.VIDEO) -> Verdict:
    frames = [[crop(width_px=width)] for width in widths]
    return decide(evidence(frames, kind=kind), scored([p] * len(widths)), RULES)


def test_the_error_is_that_of_the_median_face_width() -> None:
    error = expected_error_of(verdict(50, 60, 300), CELLS)
    assert error is not None
    assert (error.rate, error.files, error.of) == (0.05, 120, "videos with faces 40 to 90 px wide")
    assert error.sentence() == ("wrong on 6 of 120 videos with faces 40 to 90 px wide (2 to 10 %)")


def test_stills_have_errors_of_their_own() -> None:
    error = expected_error_of(verdict(50, kind=Kind.IMAGE), CELLS)
    assert error is not None
    assert (error.rate, error.of) == (0.1, "images")


def test_an_inconclusive_file_has_no_expected_error() -> None:
    assert expected_error_of(verdict(50, p=0.5), CELLS) is None
    assert expected_error_of(decide(evidence([[]]), scored([]), RULES), CELLS) is None


@pytest.mark.parametrize(
    "cells", [(), (cell(90, None),), (cell(0, None, "image"),), (cell(40, 90, decided=0, wrong=0),)]
)
def test_what_was_not_measured_is_not_said(cells: tuple[ErrorCell, ...]) -> None:
    assert expected_error_of(verdict(50), cells) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    reference = binomtest(*counts).proportion_ci(0.95, method="wilson")
    assert wilson(*counts) == pytest.approx((reference.low, reference.high), abs=1e-12)


@given(st.integers(1, 20000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_sentence_counts_the_files_that_were_counted(counts: tuple[int, int]) -> None:
    wrong, decided = counts
    error = expected_error_of(
        verdict(50), (cell(40, 90, files=decided, decided=decided, wrong=wrong),)
    )
    assert error is not None
    assert error.sentence().startswith(f"wrong on {wrong} of {decided} videos")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, None, "videos"),
        (0, 40, "videos with faces narrower than 40 px"),
        (40, 90, "videos with faces 40 to 90 px wide"),
        (90, None, "videos with faces at least 90 px wide"),
    ],
)
def test_a_cell_is_described_in_words(low: int, high: int | None, words: str) -> None:
    assert described(cell(low, high)) == words
