"""Merges the crops of concurrent jobs into one inference; owns the only thread that runs it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from core.errors import DeepfakeError, InferenceFailed, MediaError, ModelUnavailable, revive
from core.model.crop_scores import CropScores
from core.pipeline.judgement import Scorer

logger = logging.getLogger(__name__)

STUCK_EXIT_CODE = 70  # EX_SOFTWARE: the supervisor starts a fresh process


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How crops are merged, and how long one inference may take."""

    max_batch: int = 32  # crops
    max_wait_ms: float = 5.0  # spent only while another job is at work and may join
    stuck_after_s: float = 120.0


@dataclass(slots=True)
class _Request:
    jpegs: Sequence[bytes]
    maps: bool = False
    scores: Future[CropScores] = field(default_factory=Future)


class Batcher:
    """A :class:`Scorer` for many threads in front of a scorer for one.

    Parameters
    ----------
    scorer
        The detector; called by this object's thread only.
    jobs_at_work
        How many jobs this process has in hand: a job that is alone never waits for others.
    exit_process
        Called with an exit code when an inference hangs: a thread that is stuck in a GPU
        driver can be neither interrupted nor replaced.
    on_batch
        Hears how many crops the network has scored in one run.
    """

    def __init__(
        self,
        scorer: Scorer,
        limits: BatchLimits,
        *,
        jobs_at_work: Callable[[], int],
        exit_process: Callable[[int], object] = os._exit,
        on_batch: Callable[[int], object] = lambda _: None,
    ) -> None:
        self._scorer = scorer
        self._limits = limits
        self._jobs_at_work = jobs_at_work
        self._exit_process = exit_process
        self._on_batch = on_batch
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        self._thread.start()

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        """The scores of the crops, in the order given; blocks until they are known.

        With ``maps`` come those that the detector can give; jobs that run together with this
        one are computed with them, and get none.

        Raises what the detector raises of this project's errors, :class:`InferenceFailed`
        for anything else, :class:`ModelUnavailable` once closed.
        """
        if not jpegs:
            return CropScores.none()
        request = _Request(jpegs, maps)
        with self._changed:
            if self._closed:
                raise ModelUnavailable("The worker is stopping; the job will run elsewhere.")
            self._waiting.append(request)
            self._changed.notify()
        return request.scores.result()

    def close(self) -> None:
        """Finish what was asked for and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next_batch():
            self._settle(batch)

    def _next_batch(self) -> list[_Request]:
        """Wait for a request, then shortly for others; empty when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            until = time.monotonic() + self._limits.max_wait_ms / 1000
            while (wait_s := until - time.monotonic()) > 0 and self._worth_waiting():
                self._changed.wait(wait_s)
            return self._take()

    def _worth_waiting(self) -> bool:
        crops = sum(len(request.jpegs) for request in self._waiting)
        others = self._jobs_at_work() - len(self._waiting)
        return others > 0 and crops < self._limits.max_batch and not self._closed

    def _take(self) -> list[_Request]:
        """Whole requests up to the batch limit, one at least: a large one is split later."""
        batch: list[_Request] = []
        crops = 0
        while self._waiting and (
            not batch or crops + len(self._waiting[0].jpegs) <= self._limits.max_batch
        ):
            batch.append(self._waiting.popleft())
            crops += len(batch[-1].jpegs)
        return batch

    def _settle(self, batch: list[_Request]) -> None:
        try:
            jpegs = [jpeg for request in batch for jpeg in request.jpegs]
            scores = self._score_all(jpegs, maps=any(request.maps for request in batch))
        except MediaError as error:
            if len(batch) == 1:
                batch[0].scores.set_exception(error)
                return
            for request in batch:  # one job's broken crop must not fail the others
                self._settle([request])
        except DeepfakeError as error:
            _fail(batch, error)
        except BaseException as error:  # whatever it is, the callers must not wait for ever
            logger.exception("inference on %d requests failed", len(batch))
            _fail(batch, InferenceFailed(f"The network failed: {type(error).__name__}: {error}"))
        else:
            start = 0
            for request in batch:
                stop = start + len(request.jpegs)
                part = scores.part(start, stop)
                request.scores.set_result(part if request.maps else replace(part, heat=None))
                start = stop

    def _score_all(self, jpegs: Sequence[bytes], *, maps: bool) -> CropScores:
        size = self._limits.max_batch
        parts = [jpegs[start : start + size] for start in range(0, len(jpegs), size)]
        return CropScores.joined([self._score_or_halve(part, maps=maps) for part in parts])

    def _score_or_halve(self, jpegs: Sequence[bytes], *, maps: bool) -> CropScores:
        try:
            return self._watched(jpegs, maps=maps)
        except Exception as error:
            if not _is_out_of_memory(error) or len(jpegs) < 2:
                raise
            logger.warning("no memory for a batch of %d crops; halving it once", len(jpegs))
        middle = len(jpegs) // 2
        halves = (jpegs[:middle], jpegs[middle:])
        return CropScores.joined([self._watched(half, maps=maps) for half in halves])

    def _watched(self, jpegs: Sequence[bytes], *, maps: bool) -> CropScores:
        watchdog = threading.Timer(self._limits.stuck_after_s, self._stuck, (len(jpegs),))
        watchdog.daemon = True
        watchdog.start()
        try:
            scores = self._scorer.score(jpegs, maps=maps)
        finally:
            watchdog.cancel()
        self._on_batch(len(jpegs))
        if len(scores) != len(jpegs):
            raise InferenceFailed(f"{len(scores)} scores came back for {len(jpegs)} crops.")
        return scores

    def _stuck(self, crops: int) -> None:
        logger.critical(
            "inference on %d crops has not returned for %g s; the process exits, and its jobs "
            "run elsewhere when their leases end",
            crops,
            self._limits.stuck_after_s,
        )
        self._exit_process(STUCK_EXIT_CODE)


def _fail(batch: Sequence[_Request], error: DeepfakeError) -> None:
    for request in batch:
        # A copy each: one object raised in several threads would mix their tracebacks.
        request.scores.set_exception(revive(error.code, error.message))


def _is_out_of_memory(error: Exception) -> bool:
    # TensorFlow's class by name: this module must not import TensorFlow.
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
