"""The Celery side of the sender: it hears that something is due."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.app.trace import setup_worker_optimizations

from core.store.doorbell import WEBHOOK_QUEUE, WEBHOOK_TASK, broker_settings


def create_listener(
    redis_url: str, on_ring: Callable[[], None], on_ready: Callable[[object], None]
) -> Any:
    """A consumer of the senders' queue, with one thread: a bell only wakes the event loop."""
    app = Celery("deepfake.webhooks", set_as_current=False)
    app.conf.update(broker_settings(redis_url))
    app.conf.update(
        worker_consumer="worker.consumer:PatientConsumer",
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_prefetch_count_reduction=False,
    )

    @app.task(name=WEBHOOK_TASK, ignore_result=True, shared=False)
    def ring(*_args: object, **_options: object) -> None:
        on_ring()

    hostname = f"webhooks@{socket.gethostname()}-{os.getpid()}"
    setup_worker_optimizations(app, hostname)  # see worker.app
    return app.WorkController(
        hostname=hostname,
        pool_cls="threads",
        concurrency=1,
        queues=[WEBHOOK_QUEUE],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        ready_callback=on_ready,
    )
