"""How this project talks to Redis: with deadlines, without retries, with its own errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import redis.asyncio as aioredis
from redis import Redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    DataError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from core.errors import ConfigurationError, StoreError, StoreFull, StoreUnavailable, revive
from core.store.address import CONNECT_TIMEOUT_S, SOCKET_TIMEOUT_S, RedisAddress

# Redis says what is wrong by a first word in capitals; inside a script that word stands behind
# the place, "@user_script:1: @user_script: 1: -MISCONF …".
_CODE: Final = re.compile(r"(?:^|: -?)([A-Z]{3,})\b")
# These say that the command or the script is wrong: a bug of ours. ERR says nothing, so its text
# counts. All other codes, those of future versions among them, are about the server's state.
_BUGS: Final = {"ERR", "WRONGTYPE", "NOSCRIPT"}
_STATES: Final = (
    "max number of clients",
    "Script killed",
    "The user executing the script",  # NOPERM inside a script: of a command, a key or a channel
    "DB index is out of range",
)


def connect(
    url: str,
    *,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    socket_timeout_s: float = SOCKET_TIMEOUT_S,
    max_connections: int = 64,
) -> Redis:
    """Prepare a client of the Redis at ``url``; nothing is sent yet.

    Commands are never retried: an append or a claim whose answer got lost may have been
    carried out, and doing it twice is worse than an error that the caller sees.

    Raises ConfigurationError when ``url`` is not an address of Redis that is understood.
    """
    pool = RedisAddress.parse(url).pool(
        connect_timeout_s,
        socket_timeout_s,
        max_connections=max_connections,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


def connect_async(url: str) -> aioredis.Redis:
    """The same for asyncio, without a limit on how long an answer may take: the caller has one."""
    pool = RedisAddress.parse(url).async_pool(CONNECT_TIMEOUT_S, retry=AsyncRetry(NoBackoff(), 0))
    return aioredis.Redis.from_pool(pool)


def check_server(redis: Redis) -> None:
    """Ask Redis whether it can serve this project.

    Raises StoreUnavailable when it cannot be reached, and ConfigurationError when it is a
    Redis Cluster or a Sentinel: one script changes keys that a cluster keeps on several nodes.
    """
    with store_errors():
        server: Any = redis.info("server")
    mode = server.get("redis_mode", "standalone")
    if mode != "standalone":
        name = {"cluster": "a node of a Redis Cluster", "sentinel": "a Redis Sentinel"}.get(
            mode, mode
        )
        raise ConfigurationError(
            f"DEEPFAKE_REDIS_URL leads to {name}, which is not supported; "
            "name a single Redis server, or sentinel://host:26379/service."
        )


def check_if_reachable(url: str) -> None:
    """:func:`check_server` for a process that may start before Redis does.

    Raises ConfigurationError; a Redis that is away is found out later.
    """
    with connect(url) as redis, suppress(StoreUnavailable):
        check_server(redis)


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what redis-py raises into StoreUnavailable or StoreFull.

    Serves as a decorator too. What is not about the state of the server is a bug of ours and
    passes through unchanged.
    """
    try:
        yield
    except RedisError as error:
        if (known := _known(error)) is None:
            raise
        raise known from error


def _known(error: RedisError) -> StoreError | None:
    if isinstance(error, AuthenticationError | NoPermissionError):
        return StoreUnavailable(
            f"Redis refuses the user or the password of DEEPFAKE_REDIS_URL: {error}"
        )
    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        return StoreUnavailable(f"Redis cannot be reached or used: {error}")
    if not isinstance(error, ResponseError):
        return None if isinstance(error, DataError) else StoreUnavailable(f"Redis failed: {error}")
    code = _code_of(error)
    if code == "OOM":
        message = "Redis is at its maxmemory and takes no more bytes; try again when jobs are done."
        full = revive(StoreFull.code, message)
        return full if isinstance(full, StoreError) else None
    if code in _BUGS and not any(words in str(error) for words in _STATES):
        return None
    return StoreUnavailable(f"Redis cannot be used now: {error}")


def _code_of(error: ResponseError) -> str:
    """The first word of Redis' answer; redis-py cuts it off where it knows it."""
    if error.status_code not in (None, "ERR"):
        return str(error.status_code)
    if type(error) is not ResponseError:  # redis-py knew the answer well enough for a class
        return type(error).__name__
    codes = _CODE.findall(str(error))
    return codes[-1] if codes else "ERR"
