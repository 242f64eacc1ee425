"""The way out of the gateway: a job id on a broker queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import StoreUnavailable
from core.store.broker import TASK_NAME, broker_settings


class JobQueue(Protocol):
    """Hands jobs to the workers; every call blocks, and may raise StoreUnavailable."""

    def publish(self, job_id: str, queue: str) -> None:
        """Put one job id on a queue."""

    def check(self) -> None:
        """Return when the broker would take a message."""

    def close(self) -> None:
        """Let the connections go."""


class CeleryQueue:
    """A Celery producer without a result backend."""

    def __init__(self, redis_url: str) -> None:
        self._celery = Celery("deepfake.gateway", set_as_current=False)
        self._celery.conf.update(broker_settings(redis_url))

    def publish(self, job_id: str, queue: str) -> None:
        with _broker_errors():
            # The task has the job's id, so that logs and the queue itself can be searched.
            self._celery.send_task(TASK_NAME, (job_id,), task_id=job_id, queue=queue)

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
