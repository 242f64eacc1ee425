"""What a slot of the worker does when a bell rings: jobs, one after another, until none waits."""

from __future__ import annotations

import logging
from collections.abc import Callable

from core.errors import StoreUnavailable
from worker.lease import Leases, RunningJob

logger = logging.getLogger(__name__)


class Server:
    """Runs in as many threads as the pool has, one job in each.

    A slot asks for its next job itself when one has ended, so that no job waits for a bell
    while somebody is at work, and ``interactive`` goes strictly before ``batch``.
    """

    def __init__(self, leases: Leases, run: Callable[[RunningJob], None]) -> None:
        self._leases = leases
        self._run = run

    def serve(self) -> None:
        """Run jobs until none waits for this worker, or until it stops."""
        while self._serve_one():
            pass

    def _serve_one(self) -> bool:
        try:
            with self._leases.take() as running:
                if running is None:
                    return False
                self._run(running)
        except StoreUnavailable as error:
            # No job was taken, so none is lost: the next bell, or the next look at the queues,
            # comes when Redis is back.
            logger.warning("no job can be taken: %s", error)
            return False
        return True
