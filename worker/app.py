"""The Celery application of the worker: it hears bells, and rings them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.app.trace import setup_worker_optimizations

from core.store.doorbell import broker_settings
from worker.settings import WorkerSettings


def create_celery(settings: WorkerSettings) -> Celery:
    """A configured application without tasks; nothing is connected yet."""
    app = Celery("deepfake", set_as_current=False)
    app.conf.update(broker_settings(settings.redis_url))
    app.conf.update(
        worker_concurrency=settings.concurrency,
        worker_consumer="worker.consumer:PatientConsumer",
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        # A lost connection is no reason to stop a job: its lease tells whether it still runs.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # Bells are acknowledged at once, and idle slots bound how many are heard.
        worker_enable_prefetch_count_reduction=False,
    )
    return app


def create_controller(
    app: Celery, settings: WorkerSettings, worker_id: str, on_ready: Callable[[object], None]
) -> Any:
    """The consumer: a pool of threads that hears the bells of the queues it serves."""
    hostname = f"deepfake@{worker_id}"
    # Pool threads look tasks up in the current app. The `celery worker` command makes this
    # call too; without it a message is received, and the task silently never runs.
    setup_worker_optimizations(app, hostname)
    return app.WorkController(
        hostname=hostname,
        pool_cls="threads",
        concurrency=settings.concurrency,
        queues=[queue.value for queue in settings.queues],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        ready_callback=on_ready,
    )
