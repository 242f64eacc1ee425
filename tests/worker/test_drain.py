"""How a worker ends, with a real Redis and a runner around it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from core.errors import DecoderCrashed
from core.store.records import Job, JobStatus
from tests.worker.runner_bench import Bench
from worker.drain import Drain

LIMIT_S = 60.0  # that only a broken test reaches


class Ending:
    """A drain of the bench, after whose close every file fails in the decoder."""

    def __init__(self, bench: Bench) -> None:
        self.bells = 0
        self.closed = threading.Event()
        self.at_close: Callable[[], object] = lambda: None
        self.close = Drain(bench.leases, self.ring, self.close_all, grace_s=LIMIT_S).close

    def close_all(self) -> None:
        self.closed.set()
        self.at_close()

    def ring(self) -> None:
        self.bells += 1

    def decode(self, *_: object) -> None:
        assert self.closed.wait(LIMIT_S)
        raise DecoderCrashed("The worker is shutting down its decoders.")


@pytest.fixture
def ending(bench: Bench) -> Ending:
    made = Ending(bench)
    bench.decoders.acts = [made.decode] * 2  # a file is opened twice
    return made


def test_a_job_at_work_is_given_back_before_what_it_needs_is_closed(
    bench: Bench, ending: Ending
) -> None:
    job_id = bench.submit()
    with bench.leases.take() as running:
        assert running is not None
        ending.at_close = partial(bench.runner.run, running)
        ending.close()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    assert ending.bells == 1


def test_a_job_that_redis_has_handed_over_and_the_slot_has_not_heard_of_is_given_back_too(
    bench: Bench, ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, end = bench.attempts.take, threading.Thread(target=ending.close)

    def take_while_the_worker_ends(*arguments: object, **options: object) -> Job | None:
        job = take(*arguments, **options)  # type: ignore[arg-type]
        end.start()
        assert bench.leases.stopped.wait(LIMIT_S)
        return job

    monkeypatch.setattr(bench.attempts, "take", take_while_the_worker_ends)
    job_id = bench.submit()
    bench.serve()
    end.join()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    assert ending.bells == 1


def test_a_worker_with_nothing_at_work_rings_for_nobody(bench: Bench, ending: Ending) -> None:
    bench.submit()
    ending.close()
    assert ending.closed.is_set()
    assert ending.bells == 0
