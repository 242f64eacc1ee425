"""The one Celery task. Everything that it does is in :mod:`worker.job_runner`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from celery import Celery
from celery.exceptions import Reject

from core.errors import StoreUnavailable
from core.store.broker import TASK_NAME

logger = logging.getLogger(__name__)


def register_judge(app: Celery, run: Callable[[str], None], draining: threading.Event) -> None:
    """Define ``deepfake.judge(job_id)`` on ``app``; ``run`` judges one job to its end."""

    @app.task(name=TASK_NAME, ignore_result=True, acks_late=True, shared=False)
    def judge(job_id: str) -> None:
        if draining.is_set():
            raise Reject("this worker is stopping", requeue=True)
        try:
            run(job_id)
        except StoreUnavailable as error:
            # Nothing was claimed, so the record still waits: the reaper of any worker finds
            # it without a message and sends a new one.
            logger.warning("%s could not be claimed: %s", job_id, error)
