"""``python -m worker.health``: does the worker of this container live? For HEALTHCHECK.

A worker that hangs or lost Redis stops beating, and its key is gone HEARTBEAT_TTL_S later.
Nothing of the model is imported, so that a check costs little.
"""

from __future__ import annotations

import socket
import sys

from core.errors import DeepfakeError
from core.store.connection import connect
from core.store.workers import WorkerRegistry
from worker.settings import WorkerSettings


def check(redis_url: str, host: str) -> str | None:
    """What is wrong with the workers of ``host``; None when one of them has a heartbeat."""
    try:
        workers = WorkerRegistry(connect(redis_url)).live()
    except DeepfakeError as error:
        return error.message
    if any(worker.host == host for worker in workers):
        return None
    return f"No worker on host {host!r} has a heartbeat; of other hosts, {len(workers)} have one."


def main() -> int:
    """0 when a worker of this host lives; 1 and a line on stderr when not."""
    try:
        problem = check(WorkerSettings.load().redis_url, socket.gethostname())
    except DeepfakeError as error:
        problem = error.message
    if problem is not None:
        print(f"worker.health: {problem}", file=sys.stderr)
    return int(problem is not None)


if __name__ == "__main__":
    sys.exit(main())
