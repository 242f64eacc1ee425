"""Pools of connections to the master that sentinels name, which may be another one later.

A connection asks the sentinels for the master whenever it is made. When a master is lost or becomes
a replica, its connections end, and the next call goes to the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis.asyncio.sentinel as aio
from redis import SSLConnection, sentinel
from redis.asyncio.connection import SSLConnection as AsyncSSLConnection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.store.redis_url import Place

# redis-py has no annotations here.
_sync: Any = sentinel
_async: Any = aio


def pool(
    service: str, places: Sequence[Place], for_sentinels: dict[str, Any], options: dict[str, Any]
) -> Any:
    """``options`` are those of a plain pool; one try decides, as everywhere else."""
    manager = _sync.Sentinel(
        places, sentinel_kwargs=for_sentinels | {"retry": Retry(NoBackoff(), 0)}
    )
    over_tls = options["connection_class"] is SSLConnection
    managed = _sync.SentinelManagedSSLConnection if over_tls else _sync.SentinelManagedConnection
    return _sync.SentinelConnectionPool(service, manager, **options | {"connection_class": managed})


def async_pool(
    service: str, places: Sequence[Place], for_sentinels: dict[str, Any], options: dict[str, Any]
) -> Any:
    """The same for asyncio."""
    manager = _async.Sentinel(
        places, sentinel_kwargs=for_sentinels | {"retry": AsyncRetry(NoBackoff(), 0)}
    )
    over_tls = options["connection_class"] is AsyncSSLConnection
    managed = _async.SentinelManagedSSLConnection if over_tls else _async.SentinelManagedConnection
    made: Any = _AsyncPool
    return made(service, manager, **options | {"connection_class": managed})


class _AsyncPool(aio.SentinelConnectionPool):
    """Ends its connections to the sentinels as well."""

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()
