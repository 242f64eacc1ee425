"""Rings for the senders of webhooks when a job has ended in this process."""

from __future__ import annotations

import logging

from celery import Celery

from core.errors import StoreError
from core.store.doorbell import WEBHOOK_QUEUE, WEBHOOK_TASK
from core.store.outbox import Outbox

logger = logging.getLogger(__name__)


class WebhookBell:
    """A bell that cannot be rung delays a webhook by a second: senders look by themselves."""

    def __init__(self, app: Celery, outbox: Outbox) -> None:
        self._app = app
        self._outbox = outbox

    def ring(self) -> None:
        """Wake a sender where something is due and no bell sounds."""
        try:
            if self._outbox.wants_bell():
                self._app.send_task(
                    WEBHOOK_TASK, queue=WEBHOOK_QUEUE, ignore_result=True, retry=False
                )
        except StoreError as error:
            logger.warning("webhooks wait without a bell: %s", error.message)
        except Exception:
            logger.exception("webhooks wait without a bell")
