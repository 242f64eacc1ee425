"""A seed tells all of a run."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.chaos.plan import ANYWHERE, FaultKind, faults_of, jobs_of
from tests.chaos.samples import NAMES, samples


def test_the_same_seed_draws_the_same_run_and_another_one_another() -> None:
    assert jobs_of(1, 50) == jobs_of(1, 50) != jobs_of(2, 50)
    assert list(islice(faults_of(1), 30)) == list(islice(faults_of(1), 30))


@pytest.mark.parametrize("kinds", [ANYWHERE, tuple(FaultKind)])
def test_every_kind_of_fault_comes_once_in_each_round(kinds: tuple[FaultKind, ...]) -> None:
    drawn = [fault.kind for fault in islice(faults_of(3, kinds), 2 * len(kinds))]
    assert set(drawn[: len(kinds)]) == set(drawn[len(kinds) :]) == set(kinds)


def test_a_clock_is_set_to_an_hour_and_to_a_little_ahead_and_behind() -> None:
    steps = list(islice(faults_of(1, [FaultKind.STEP_REDIS]), 4))
    assert {fault.ahead_s for fault in steps} == {3600, -3600, 90, -90}


def test_variants_of_a_sample_are_different_files() -> None:
    assert set(samples()) == set(NAMES)
    for sample in samples().values():
        assert len({sample.variant(number) for number in range(5)}) == 5
