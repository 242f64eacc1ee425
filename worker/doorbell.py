"""Rings for jobs that wait: the net under every bell that got lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from celery import Celery

from core.options import Queue
from core.store.doorbell import TASK_NAME
from core.store.jobs import JobStore

logger = logging.getLogger(__name__)


class Doorbell:
    """Looks whether more jobs wait than bells sound, and rings the missing ones.

    A bell gets lost when a gateway dies between job and bell, when the broker's lists are
    emptied, and when a worker hears it and stops. None of this loses a job: it stands in its
    queue, and every worker that has idle slots looks every few seconds.

    Parameters
    ----------
    idle_slots
        How many more jobs this process could run. The slots that are at work look at the
        queues by themselves before they become idle.
    """

    def __init__(
        self,
        app: Celery,
        jobs: JobStore,
        queues: Sequence[Queue],
        *,
        idle_slots: Callable[[], int],
    ) -> None:
        self._app = app
        self._jobs = jobs
        self._queues = queues
        self._idle_slots = idle_slots

    def ring_for_idle_slots(self) -> None:
        """Ring for the jobs that wait, at most once for every idle slot of this process."""
        slots = self._idle_slots()
        for queue in self._queues:
            if slots > 0:
                slots -= self._ring(queue, at_most=slots)

    def ring_for_others(self) -> None:
        """Ring for every job that waits: this process stops, and other workers are to go on."""
        for queue in self._queues:
            self._ring(queue)

    def _ring(self, queue: Queue, *, at_most: int | None = None) -> int:
        wanted = self._jobs.bells_wanted(queue)
        bells = wanted if at_most is None else min(wanted, at_most)
        for _ in range(bells):
            self._app.send_task(TASK_NAME, queue=queue.value, ignore_result=True, retry=False)
        return bells
