"""The batcher in front of a scorer that records what it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InferenceFailed, ModelUnavailable, UnreadableMedia
from core.model.crop_scores import CropScores
from worker.batcher import STUCK_EXIT_CODE, Batcher, BatchLimits

Score = Callable[[Sequence[bytes]], CropScores]
ENDLESS_MS = 60_000.0  # far beyond every test: only a full batch ends the wait


def values_of(jpegs: Sequence[bytes]) -> CropScores:
    values = np.array([int(jpeg) / 1000 for jpeg in jpegs], np.float64)
    return CropScores(values, -values)


def zeros(n: int) -> CropScores:
    return CropScores(np.zeros(n), None)


class RecordingScorer:
    """The twin of a detector: a crop is a decimal number, its score a thousandth of it."""

    def __init__(self, score: Score | None = None) -> None:
        self.batches: list[list[bytes]] = []
        self.threads: set[str] = set()
        self._score = score

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:  # noqa: ARG002
        self.batches.append(list(jpegs))
        self.threads.add(threading.current_thread().name)
        if self._score is not None:
            return self._score(jpegs)
        return values_of(jpegs)


@contextmanager
def batcher(
    scorer: RecordingScorer, *, max_batch: int = 32, max_wait_ms: float = 0.0, jobs: int = 1
) -> Iterator[Batcher]:
    made = Batcher(scorer, BatchLimits(max_batch, max_wait_ms), jobs_at_work=lambda: jobs)
    yield made
    made.close()


def crops(*numbers: int) -> list[bytes]:
    return [str(number).encode() for number in numbers]


def score_together(made: Batcher, *requests: list[bytes]) -> list[object]:
    def one(request: list[bytes]) -> object:
        try:
            return made.score(request).logit.tolist()
        except Exception as error:  # noqa: BLE001 - it is what the test is about
            return error

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(one, requests))


def test_crops_of_several_jobs_become_one_batch() -> None:
    scorer = RecordingScorer()
    with batcher(scorer, max_batch=6, max_wait_ms=ENDLESS_MS, jobs=3) as made:
        answers = score_together(made, crops(1, 2), crops(3, 4), crops(5, 6))
    assert answers == [[0.001, 0.002], [0.003, 0.004], [0.005, 0.006]]
    assert len(scorer.batches) == 1
    assert sorted(scorer.batches[0]) == crops(1, 2, 3, 4, 5, 6)
    assert scorer.threads == {"inference"}


def test_a_job_that_is_alone_does_not_wait_for_others() -> None:
    with batcher(RecordingScorer(), max_wait_ms=ENDLESS_MS, jobs=1) as made:
        assert made.score(crops(7)).logit.tolist() == [0.007]


def test_a_request_over_the_limit_is_split() -> None:
    scorer = RecordingScorer()
    with batcher(scorer, max_batch=4) as made:
        assert made.score(crops(*range(10))).logit.tolist() == [n / 1000 for n in range(10)]
    assert [len(batch) for batch in scorer.batches] == [4, 4, 2]


def test_the_novelty_of_each_crop_stays_with_its_score() -> None:
    with batcher(RecordingScorer(), max_batch=4) as made:
        scores = made.score(crops(*range(10)))
    assert scores.novelty is not None
    assert scores.novelty.tolist() == [-n / 1000 for n in range(10)]


def test_no_crops_need_no_inference() -> None:
    scorer = RecordingScorer()
    with batcher(scorer) as made:
        assert len(made.score([])) == 0
    assert scorer.batches == []


@settings(max_examples=30, deadline=None)
@given(
    requests=st.lists(st.lists(st.integers(0, 1000), max_size=9), min_size=1, max_size=6),
    max_batch=st.integers(1, 8),
)
def test_everybody_gets_their_own_scores_in_their_own_order(
    requests: list[list[int]], max_batch: int
) -> None:
    with batcher(RecordingScorer(), max_batch=max_batch, max_wait_ms=1, jobs=3) as made:
        answers = score_together(made, *(crops(*request) for request in requests))
    assert answers == [[number / 1000 for number in request] for request in requests]


def test_an_error_reaches_everybody_in_the_batch_and_nobody_after_it() -> None:
    broken = threading.Event()
    broken.set()

    def score(jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        if broken.is_set():
            raise RuntimeError("device is gone")
        return zeros(len(jpegs))

    with batcher(RecordingScorer(score), max_batch=2, max_wait_ms=ENDLESS_MS, jobs=2) as made:
        failures = score_together(made, crops(1), crops(2))
        broken.clear()
        assert score_together(made, crops(3), crops(4)) == [[0.0], [0.0]]
    assert [type(failure) for failure in failures] == [InferenceFailed, InferenceFailed]
    assert failures[0] is not failures[1]
    assert "device is gone" in str(failures[0])


def test_a_broken_crop_fails_its_own_job_only() -> None:
    def score(jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        if b"13" in jpegs:
            raise UnreadableMedia("A face crop is no JPEG.")
        return values_of(jpegs)

    with batcher(RecordingScorer(score), max_batch=3, max_wait_ms=ENDLESS_MS, jobs=3) as made:
        first, second, third = score_together(made, crops(1), crops(13), crops(3))
    assert first == [0.001]
    assert third == [0.003]
    assert isinstance(second, UnreadableMedia)


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize("error", [MemoryError, ResourceExhaustedError])
def test_a_batch_that_does_not_fit_in_memory_is_halved(error: type[Exception]) -> None:
    def score(jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        if len(jpegs) > 4:
            raise error
        return values_of(jpegs)

    scorer = RecordingScorer(score)
    with batcher(scorer, max_batch=8) as made:
        assert made.score(crops(*range(7))).logit.tolist() == [n / 1000 for n in range(7)]
    assert [len(batch) for batch in scorer.batches] == [7, 3, 4]


def test_a_batch_is_halved_once_and_then_fails() -> None:
    def score(jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        raise MemoryError

    scorer = RecordingScorer(score)
    with batcher(scorer) as made, pytest.raises(InferenceFailed, match="MemoryError"):
        made.score(crops(*range(8)))
    assert [len(batch) for batch in scorer.batches] == [8, 4]


def test_a_scorer_that_loses_a_crop_is_found_out() -> None:
    with (
        batcher(RecordingScorer(lambda jpegs: zeros(len(jpegs) - 1))) as made,
        pytest.raises(InferenceFailed, match="2 crops"),
    ):
        made.score(crops(1, 2))


def test_an_inference_that_hangs_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    exited: list[int] = []
    stuck = threading.Event()

    def exit_process(code: int) -> None:
        exited.append(code)
        stuck.set()  # what os._exit does to a hanging thread, more or less

    def score(jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        stuck.wait()
        return zeros(len(jpegs))

    limits = BatchLimits(stuck_after_s=0.05)
    made = Batcher(
        RecordingScorer(score), limits, jobs_at_work=lambda: 1, exit_process=exit_process
    )
    made.score(crops(1))
    made.close()
    assert exited == [STUCK_EXIT_CODE]
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]


def test_a_closed_batcher_takes_nothing_more() -> None:
    made = Batcher(RecordingScorer(), BatchLimits(), jobs_at_work=lambda: 1)
    made.close()
    with pytest.raises(ModelUnavailable):
        made.score(crops(1))


class MapScorer(RecordingScorer):
    """A twin whose maps say which crop they are of."""

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        scores = super().score(jpegs)
        heat = scores.logit[:, None, None].astype(np.float32) if maps else None
        return replace(scores, heat=heat)


def test_a_job_that_asks_for_maps_gets_its_own_and_its_neighbour_gets_none() -> None:
    scorer = MapScorer()
    with (
        batcher(scorer, max_batch=3, max_wait_ms=ENDLESS_MS, jobs=2) as made,
        ThreadPoolExecutor(2) as threads,
    ):
        asked = threads.submit(made.score, crops(1, 2), maps=True)
        plain = threads.submit(made.score, crops(3))
        heat = asked.result().heat
        assert plain.result().heat is None
    assert heat is not None
    assert heat[:, 0, 0].tolist() == pytest.approx([0.001, 0.002])
    assert len(scorer.batches) == 1


def test_maps_stay_with_their_crops_when_a_job_is_split() -> None:
    with batcher(MapScorer(), max_batch=4) as made:
        heat = made.score(crops(*range(10)), maps=True).heat
    assert heat is not None
    assert heat[:, 0, 0].tolist() == pytest.approx([n / 1000 for n in range(10)])
