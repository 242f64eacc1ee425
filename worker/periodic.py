"""Something done every few seconds for as long as the process lives."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from core.errors import StoreUnavailable

logger = logging.getLogger(__name__)


class Periodic:
    """A daemon thread that calls ``action`` every ``interval_s``, the first time at once.

    No exception ends it: what it does (heartbeats, recovery) matters most when things go
    wrong. ``jitter`` is the fraction by which each pause varies, so that many workers do not
    all ask Redis in the same instant.
    """

    def __init__(
        self, name: str, interval_s: float, action: Callable[[], object], *, jitter: float = 0.0
    ) -> None:
        self._name = name
        self._interval_s = interval_s
        self._jitter = jitter
        self._action = action
        self._stopping = threading.Event()
        self._store_away = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the call that is under way, if any."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._act()
            factor = 1 + self._jitter * random.uniform(-1, 1)  # noqa: S311 - no secret
            if self._stopping.wait(self._interval_s * factor):
                return

    def _act(self) -> None:
        try:
            self._action()
        except StoreUnavailable as error:
            if not self._store_away:  # said once, not every few seconds
                logger.warning("%s: %s", self._name, error)
            self._store_away = True
        except Exception:
            logger.exception("%s failed; it is tried again in %g s", self._name, self._interval_s)
        else:
            if self._store_away:
                logger.info("%s: Redis is back", self._name)
            self._store_away = False
