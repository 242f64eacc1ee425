from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import odds

PROBABILITY = st.floats(0, 1)
PEOPLE = st.lists(PROBABILITY, min_size=1, max_size=12)


def exact(probabilities: list[float]) -> Fraction:
    shares = [Fraction(p) for p in probabilities]
    mean = sum((p / (1 - p) for p in shares), Fraction(0)) / len(shares)
    return mean / (1 + mean)


def test_the_odds_of_a_file_are_the_mean_of_its_peoples() -> None:
    assert odds.of_any([0.9, 0.5]) == pytest.approx(5 / 6)  # (9 + 1) / 2 to 1


def test_a_certain_fake_among_many_real_ones_is_certain() -> None:
    assert odds.of_any([1.0] + [0.0] * 49) == 1.0


def test_a_file_without_people_has_no_odds() -> None:
    with pytest.raises(ValueError, match="no person"):
        odds.of_any([])


@given(PROBABILITY)
@example(5e-324)
@example(math.nextafter(1, 0))
def test_one_person_keeps_their_probability(p: float) -> None:
    assert odds.of_any([p]) == p


@given(PEOPLE, st.randoms())
def test_the_order_of_the_people_does_not_matter(people: list[float], dice: object) -> None:
    shuffled = list(people)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert odds.of_any(shuffled) == odds.of_any(people)


@given(PEOPLE, st.integers(0, 11), PROBABILITY)
def test_who_becomes_more_suspicious_never_makes_the_file_less_so(
    people: list[float], who: int, other: float
) -> None:
    at = who % len(people)
    raised = [*people[:at], max(people[at], other), *people[at + 1 :]]
    assert odds.of_any(raised) >= odds.of_any(people)


@given(st.lists(st.floats(0, math.nextafter(1, 0)), min_size=2, max_size=12))
@example([math.nextafter(1, 0)] * 12)
@example([5e-324, 0.0])
@example([math.nextafter(1, 0), 5e-324])
def test_the_result_is_that_of_exact_numbers(people: list[float]) -> None:
    assert odds.of_any(people) == pytest.approx(float(exact(people)), rel=1e-12, abs=1e-300)


@given(PEOPLE)
def test_the_file_lies_between_its_least_and_its_most_suspicious_person(
    people: list[float],
) -> None:
    assert min(people) - 1e-12 <= odds.of_any(people) <= max(people) + 1e-12
