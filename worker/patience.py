"""Redis often starts together with the processes that need it."""

from __future__ import annotations

import logging
import time

from redis import Redis

from core.errors import StoreUnavailable
from core.store.connection import check_server

logger = logging.getLogger(__name__)


def await_redis(redis: Redis, wait_s: float) -> None:
    """Wait until Redis answers; a wrong address is still found out.

    Raises StoreUnavailable after ``wait_s``, and ConfigurationError for a Redis that cannot serve.
    """
    patient_until = time.monotonic() + wait_s
    while True:
        try:
            check_server(redis)
            return
        except StoreUnavailable as error:
            if time.monotonic() > patient_until:
                raise
            logger.warning("waiting for Redis: %s", error)
            time.sleep(1.0)
