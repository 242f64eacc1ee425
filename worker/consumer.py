"""Celery's consumer, which waits between two attempts to use a Redis that refuses to be used."""

from __future__ import annotations

import logging
import time
from typing import Final

from celery.worker.consumer import Consumer

logger = logging.getLogger(__name__)

PAUSE_S: Final = 2.0


class PatientConsumer(Consumer):
    """Celery pauses while Redis cannot be reached, but not while it answers with an error.

    Such an answer (its disk is full, it is a replica now) lets Celery begin anew at once, several
    times a second, and log each of them with a traceback.
    """

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        self._pause(exc)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        super().on_connection_error_after_connected(exc)  # closes what is left of the connection
        self._pause(exc)

    def _pause(self, error: Exception) -> None:
        logger.warning("no bells can be heard; trying again in %g s: %s", PAUSE_S, error)
        time.sleep(PAUSE_S)
