"""The jobs that this process runs, and the proof that it still may."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from core.errors import StoreUnavailable
from core.store.jobs import Job, JobStore

logger = logging.getLogger(__name__)

STORE_PAUSE_S: Final = 1.0
RENEW_S: Final = 0.5  # a cancel is heard at a renewal; a decoder is ended a tick of 0.25 s later
_T = TypeVar("_T")


class LeaseLost(Exception):
    """The job was reaped, deleted or finished elsewhere; nothing may be written any more."""


class JobCanceled(Exception):
    """Its client asked for the job to stop."""


class RunningJob:
    """A claimed job whose lease is kept alive; the stages ask :meth:`check` between steps."""

    def __init__(self, job: Job) -> None:
        self.job = job
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

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._running: dict[str, RunningJob] = {}
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, job: Job) -> Iterator[RunningJob]:
        """Keep the lease of a claimed job for as long as the block runs."""
        running = RunningJob(job)
        with self._lock:
            self._running[job.id] = running
        try:
            yield running
        finally:
            with self._lock:
                # A second attempt of the same job may have begun here meanwhile.
                if self._running.get(job.id) is running:
                    del self._running[job.id]

    def __len__(self) -> int:
        return len(self._running)

    def renew(self) -> None:
        """One heartbeat for every running job.

        Raises :class:`StoreUnavailable` when Redis is away. The jobs go on then: whether
        they still own their lease is decided by the fenced write at the end.
        """
        for running in self._snapshot():
            job = running.job
            state = self._store.renew(job.id, job.attempt)
            if not state.held:
                running.lose()
            elif state.cancel_requested:
                running.cancel()

    def release_all(self) -> list[Job]:
        """Give back every running job (the drain); those that need a new message."""
        released = []
        for running in self._snapshot():
            job = running.job
            running.lose()  # its thread stops at the next check and writes nothing
            if self._store.release(job.id, job.attempt):
                logger.warning("%s is given back in attempt %d", job.id, job.attempt)
                released.append(job)
        return released

    def _snapshot(self) -> list[RunningJob]:
        with self._lock:
            return list(self._running.values())
