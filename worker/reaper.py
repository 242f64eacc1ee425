"""Brings back what other processes dropped: jobs of lost workers, messages that vanished."""

from __future__ import annotations

import logging
from collections.abc import Callable

from core.store.jobs import JobStore

logger = logging.getLogger(__name__)

Publish = Callable[[str, str], None]
"""Put the message of a job id on a queue."""


class Reaper:
    """Safe to run in every worker at once: each step is one fenced script."""

    def __init__(self, store: JobStore, publish: Publish, *, lost_after_s: float = 30.0) -> None:
        self._store = store
        self._publish = publish
        self._lost_after_s = lost_after_s

    def reap(self) -> None:
        """Requeue or end every job whose lease has run out."""
        for reaped in self._store.reap():
            logger.warning("%s lost its worker: %s", reaped.job_id, reaped.action)
            if reaped.action == "requeued":
                self._publish(reaped.job_id, reaped.queue)

    def republish(self) -> None:
        """Send again the messages of jobs that wait without one."""
        for job_id, queue in self._store.lost_messages(self._lost_after_s):
            logger.warning("%s waits on %s without a message; sent again", job_id, queue)
            self._publish(job_id, queue)
