"""Celery's consumer, which outlives a Redis that refuses to work and messages that are no bells."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from celery.worker.consumer import Consumer

logger = logging.getLogger(__name__)

PAUSE_S: Final = 2.0
# What kombu raises for a message that it cannot read, which is off its list by then.
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError)


class PatientConsumer(Consumer):
    """Celery pauses while Redis cannot be reached, but not while it answers with an error.

    Such an answer (its disk is full, it is a replica now) lets Celery begin anew at once, several
    times a second, and log each of them with a traceback. A message that another program put into
    a list of ours would end the worker, and its running jobs with it.
    """

    connection_errors: tuple[type[Exception], ...]  # what begins anew, rather than ends the worker

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.connection_errors = (*self.connection_errors, *UNREADABLE)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        self._pause(exc)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        super().on_connection_error_after_connected(exc)  # closes what is left of the connection
        self._pause(exc)

    def _pause(self, error: Exception) -> None:
        logger.warning("no bells can be heard; trying again in %g s: %r", PAUSE_S, error)
        time.sleep(PAUSE_S)
