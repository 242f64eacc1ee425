"""How this project talks to Redis: with deadlines, without retries, with its own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from core.errors import ConfigurationError, StoreFull, StoreUnavailable, revive

CONNECT_TIMEOUT_S = 2.0
SOCKET_TIMEOUT_S = 3.0


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

    Raises ConfigurationError when ``url`` is not a Redis address.
    """
    try:
        return Redis.from_url(
            url,
            socket_connect_timeout=connect_timeout_s,
            socket_timeout=socket_timeout_s,
            max_connections=max_connections,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )
    except ValueError as error:
        raise ConfigurationError(
            f"DEEPFAKE_REDIS_URL is not a Redis address ({error}); "
            "write redis://host:6379/0 or unix:///path/to/redis.sock."
        ) from error


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what redis-py raises into StoreUnavailable or StoreFull.

    Serves as a decorator too. A ResponseError that is not about the state of the server
    is a bug of ours and passes through unchanged.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, ReadOnlyError) as error:
        raise StoreUnavailable(f"Redis cannot be reached or used: {error}") from error
    except ResponseError as error:
        if "OOM" not in str(error):
            raise
        message = "Redis is at its maxmemory and takes no more bytes; try again when jobs are done."
        raise revive(StoreFull.code, message) from error
    except RedisError as error:
        raise StoreUnavailable(f"Redis failed: {error}") from error
