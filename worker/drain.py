"""Stopping without losing a job: Celery's soft shutdown cannot stop threads.

The first SIGTERM or SIGINT stops the consumer and leaves running jobs ``grace_s``; those that
are not done by then, or at the second signal, are given back to the queue, and the process
ends although their threads still run.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from celery.worker import state as celery_state

from core.errors import StoreError
from worker.lease import Leases

logger = logging.getLogger(__name__)

LAST_WORDS_S = 10.0  # for the main thread's own, orderly end
POLL_S = 0.1


class Drain:
    """Installed in the main thread before the consumer starts.

    Parameters
    ----------
    leases
        The running jobs.
    ring
        Tells other workers of the jobs that were given back.
    close
        Closes what jobs need; called when none is left, maybe twice.
    exit_process
        Ends the process although threads are running.
    """

    def __init__(
        self,
        leases: Leases,
        ring: Callable[[], None],
        close: Callable[[], None],
        *,
        grace_s: float,
        exit_process: Callable[[int], object] = os._exit,
    ) -> None:
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._leases = leases
        self._ring = ring
        self._close = close
        self._closing = threading.Lock()
        self._grace_s = grace_s
        self._exit_process = exit_process

    def install(self) -> None:
        """Take over SIGTERM and SIGINT, and start the thread that does the work."""
        threading.Thread(target=self.run, name="drain", daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # A handler interrupts the main thread wherever it is; this put() takes no lock.
        self._signals.put(number)

    def run(self) -> None:
        """Wait for the first signal, then see the running jobs out."""
        self._signals.get()
        # The consumer looks once a second. The stub knows its initial value only.
        celery_state.should_stop = 0  # type: ignore[assignment]
        self._leases.stop_taking()
        logger.warning(
            "stopping: %d jobs get %g s to finish; a second signal ends them now",
            len(self._leases),
            self._grace_s,
        )
        deadline = time.monotonic() + self._grace_s
        at_once = False
        while len(self._leases) and time.monotonic() < deadline and not at_once:
            at_once = self._signaled_within(POLL_S)
        if not len(self._leases):
            self._signaled_within(LAST_WORDS_S)
        try:
            self.close()
        finally:
            self._exit_process(0)

    def close(self) -> None:
        """Give back the jobs that still run, then close what they need, so that none fails of it.

        The main thread ends here too, and waits when this is under way already: what it does
        afterwards would end the thread that gives back.
        """
        with self._closing:
            self._give_back()
            self._close()

    def _signaled_within(self, seconds: float) -> bool:
        try:
            self._signals.get(timeout=seconds)
        except queue.Empty:
            return False
        return True

    def _give_back(self) -> None:
        try:
            if self._leases.release_all():
                self._ring()
        except StoreError as error:
            logger.warning("jobs come back when their leases end: %s", error)
        except Exception:
            logger.exception("jobs come back when their leases end")
