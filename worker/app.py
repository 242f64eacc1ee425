"""The Celery application of the worker: a consumer of job ids and nothing else."""

from __future__ import annotations

from celery import Celery

from core.store.broker import TASK_NAME, broker_settings
from worker.settings import WorkerSettings


def create_celery(settings: WorkerSettings) -> Celery:
    """A configured application without tasks; nothing is connected yet."""
    app = Celery("deepfake", set_as_current=False)
    app.conf.update(broker_settings(settings.redis_url))
    app.conf.update(
        worker_concurrency=settings.concurrency,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        # Unfinished jobs are given back by their leases; a message must not come back twice.
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app


def publish(app: Celery, job_id: str, queue: str) -> None:
    """Put the message of a job on its queue, as the gateway does."""
    app.send_task(TASK_NAME, args=(job_id,), queue=queue, ignore_result=True, retry=False)
