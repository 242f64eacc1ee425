"""A seed tells all of a run."""

from __future__ import annotations

from itertools import islice

from tests.chaos.plan import FaultKind, faults_of, jobs_of
from tests.chaos.samples import NAMES, samples


def test_the_same_seed_draws_the_same_run_and_another_one_another() -> None:
    assert jobs_of(1, 50) == jobs_of(1, 50) != jobs_of(2, 50)
    assert list(islice(faults_of(1), 30)) == list(islice(faults_of(1), 30))


def test_every_kind_of_fault_comes_once_in_each_round() -> None:
    drawn = [fault.kind for fault in islice(faults_of(3), 2 * len(FaultKind))]
    assert set(drawn[: len(FaultKind)]) == set(drawn[len(FaultKind) :]) == set(FaultKind)


def test_variants_of_a_sample_are_different_files() -> None:
    assert set(samples()) == set(NAMES)
    for sample in samples().values():
        assert len({sample.variant(number) for number in range(5)}) == 5
