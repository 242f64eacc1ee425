"""Deletes the objects of uploads that are over.

The script that ends an upload notes it in Redis; a worker deletes its objects, and takes the note
away once that is done. A worker that dies in between, or an object store that is away, costs a
minute.
"""

from __future__ import annotations

from typing import Final

from redis import Redis

from core.store.keys import PREFIX
from core.store.objects import Objects
from core.store.scripts import Scripts

AT_ONCE: Final = 20
RETRY_S: Final = 60.0


class DoomedObjects:
    """What is to be deleted from an object store."""

    def __init__(
        self,
        redis: Redis,
        objects: Objects,
        *,
        retry_s: float = RETRY_S,
        prefix: str = PREFIX,
    ) -> None:
        self._objects = objects
        self._retry_ms = int(retry_s * 1000)
        self._run = Scripts(redis, "blob", ("doomed", "deleted"), prefix=prefix)

    def sweep(self) -> int:
        """Delete what is due; how many uploads. Raises StoreUnavailable, then others wait too."""
        swept = 0
        while due := self._run("doomed", AT_ONCE, self._retry_ms):
            for blob_id in due:
                self._objects.delete(blob_id.decode())
                self._run("deleted", blob_id)
                swept += 1
        return swept
