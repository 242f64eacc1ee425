"""The jobs that this process runs, and the proof that it still may."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from core.errors import StoreUnavailable
from core.options import Queue
from core.store.attempts import Attempts
from core.store.records import Job, Progress

logger = logging.getLogger(__name__)

STORE_PAUSE_S: Final = 1.0
RENEW_S: Final = 0.5  # a cancel is heard at a renewal; a decoder is ended a tick of 0.25 s later
_T = TypeVar("_T")


class LeaseLost(Exception):
    """The job was reaped, deleted or finished elsewhere; nothing may be written any more."""


class JobCanceled(Exception):
    """Its client asked for the job to stop."""


class RunningJob:
    """A job under a lease that is kept alive; the stages ask :meth:`check` between steps."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.progress: Progress | None = None  # told with the next renewal of the lease
        self.renewed_at = time.monotonic()  # by this process
        self._lost = threading.Event()
        self._canceled = threading.Event()

    def check(self) -> None:
        """Raise :class:`LeaseLost` or :class:`JobCanceled` when there is no point in going on."""
        if self._lost.is_set():
            raise LeaseLost(self.job.id)
        if self._canceled.is_set():
            raise JobCanceled(self.job.id)

    def outlast(self, call: Callable[[], _T]) -> _T:
        """What ``call`` gives, called again until Redis is there to answer it.

        An absence of Redis is no fault of the file and costs no attempt. Raises
        :class:`LeaseLost` when the job was given back or taken over meanwhile.
        """
        told = False
        while not self._lost.is_set():
            try:
                return call()
            except StoreUnavailable as error:
                if not told:
                    logger.warning("%s waits for Redis: %s", self.job.id, error)
                told = True
                self._lost.wait(STORE_PAUSE_S)
        raise LeaseLost(self.job.id)

    def lose(self) -> None:
        self._lost.set()

    def cancel(self) -> None:
        self._canceled.set()


class Leases:
    """Every job at work in this process; safe to use from several threads."""

    def __init__(
        self,
        attempts: Attempts,
        worker_id: str,
        queues: Sequence[Queue] = tuple(Queue),
    ) -> None:
        self._attempts = attempts
        self._worker_id = worker_id
        self._queues = queues
        self._running: dict[str, RunningJob] = {}
        self._lock = threading.Lock()
        # Held while a job is taken and entered here: a job that has to run alone must not be
        # taken in the same moment as another one, and none may be missed when all are given back.
        self._taking = threading.Lock()
        self.stopped = threading.Event()

    @contextmanager
    def take(self) -> Iterator[RunningJob | None]:
        """The next job, whose lease is kept for as long as the block runs.

        None for none, and once no more are to be taken.

        Raises :class:`StoreUnavailable` when Redis is away.
        """
        with self._taking:
            running = self._take()
        try:
            yield running
        finally:
            if running is not None:
                self._forget(running)

    def _take(self) -> RunningJob | None:
        at_work = self._snapshot()
        if self.stopped.is_set() or any(running.job.runs_alone for running in at_work):
            return None
        job = self._attempts.take(self._worker_id, self._queues, busy=bool(at_work))
        if job is None:
            return None
        running = RunningJob(job)
        with self._lock:
            self._running[job.id] = running
        return running

    def _forget(self, running: RunningJob) -> None:
        with self._lock:
            # A second attempt of the same job may have begun here meanwhile.
            if self._running.get(running.job.id) is running:
                del self._running[running.job.id]

    def __len__(self) -> int:
        return len(self._running)

    def renew(self) -> None:
        """One heartbeat for every running job, for the one that has waited longest first.

        Raises :class:`StoreUnavailable` when Redis is away. The jobs go on then: whether
        they still own their lease is decided by the fenced write at the end.
        """
        for running in sorted(self._snapshot(), key=lambda each: each.renewed_at):
            job = running.job
            state = self._attempts.renew(job.id, job.attempt, running.progress)
            running.renewed_at = time.monotonic()
            if not state.held:
                running.lose()
            elif state.cancel_requested:
                running.cancel()

    def stop_taking(self) -> None:
        """Take no further job. A job that is being taken has been entered when this returns."""
        self.stopped.set()
        with self._taking:
            pass

    def release_all(self) -> int:
        """Give back every job, because the process stops; how many wait again.

        When this returns or raises StoreUnavailable, no job can be written to from here any more,
        so that what jobs need may be closed and none fails of it.
        """
        self.stop_taking()
        at_work = self._snapshot()
        for running in at_work:
            running.lose()  # its thread stops at the next check and writes nothing
        return sum(self._release(running.job) for running in at_work)

    def _release(self, job: Job) -> bool:
        waits = self._attempts.release(job.id, job.attempt)
        if waits:
            logger.warning("%s is given back in attempt %d", job.id, job.attempt)
        return waits

    def _snapshot(self) -> list[RunningJob]:
        with self._lock:
            return list(self._running.values())
