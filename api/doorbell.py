"""How the gateway wakes a worker when it has queued a job, and a sender when a webhook is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import StoreUnavailable
from core.options import Queue
from core.store.doorbell import TASK_NAME, WEBHOOK_QUEUE, WEBHOOK_TASK, broker_settings
from core.store.jobs import JobStore
from core.store.outbox import Outbox


class Doorbell(Protocol):
    """Wakes workers; every call blocks, and may raise StoreUnavailable."""

    def ring(self, queue: Queue) -> None:
        """Wake a worker that serves the queue, unless enough bells sound for the jobs in it.

        A bell that cannot be rung delays a job by seconds and no more: the workers look at
        their queues by themselves.
        """

    def ring_for_webhooks(self, outbox: Outbox) -> None:
        """Wake a sender of webhooks, where something is due and no bell sounds."""

    def check(self) -> None:
        """Return when the broker would take a message."""

    def close(self) -> None:
        """Let the connections go."""


class CeleryDoorbell:
    """A Celery producer without a result backend."""

    def __init__(self, redis_url: str, jobs: JobStore) -> None:
        self._jobs = jobs
        self._celery = Celery("deepfake.gateway", set_as_current=False)
        self._celery.conf.update(broker_settings(redis_url))

    def ring(self, queue: Queue) -> None:
        if self._jobs.bells_wanted(queue) > 0:
            with _broker_errors():
                self._celery.send_task(TASK_NAME, queue=queue.value)

    def ring_for_webhooks(self, outbox: Outbox) -> None:
        if outbox.wants_bell():
            with _broker_errors():
                self._celery.send_task(WEBHOOK_TASK, queue=WEBHOOK_QUEUE)

    def check(self) -> None:
        with _broker_errors(), self._celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)

    def close(self) -> None:
        self._celery.close()


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, OSError) as error:
        raise StoreUnavailable(f"The broker does not take messages: {error}") from error
