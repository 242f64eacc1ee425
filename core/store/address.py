"""The address of Redis, read once for all of its clients: the store, its listener, the broker.

redis-py and kombu each read a URL in a way of their own and leave out, without a word, what they
do not know; with ``rediss://`` one of them verified the certificate and the other did not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import quote

import redis.asyncio.connection as aio
from redis import connection as sync
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.store import redis_url, sentinels
from core.store.redis_url import PORT, Place

CONNECT_TIMEOUT_S: Final = 2.0
SOCKET_TIMEOUT_S: Final = 3.0
HEALTH_CHECK_S: Final = 10


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is, and as whom to use it; made by :meth:`parse`."""

    host: str | None = None
    port: int = PORT
    path: str | None = None  # of a unix socket, in place of host and port
    sentinels: tuple[Place, ...] = ()  # who know where the master of ``service`` is, likewise
    service: str | None = None
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    health_check_s: int = HEALTH_CHECK_S  # how long a connection may idle unchecked
    tls: dict[str, Any] | None = None  # redis-py's ssl_… arguments; None without TLS

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``redis://``, ``rediss://``, ``unix://`` or ``sentinel://``.

        Raises ConfigurationError that names whatever is not understood.
        """
        parts = redis_url.split(url)
        options = redis_url.query(parts)
        return cls(
            **redis_url.place(parts),
            db=redis_url.database(parts, options),
            username=redis_url.credential("username", parts.username, options),
            password=redis_url.credential("password", parts.password, options),
            sentinel_username=options.get("sentinel_username") or None,
            sentinel_password=options.get("sentinel_password") or None,
            health_check_s=redis_url.number("health_check_interval", options, HEALTH_CHECK_S),
            tls=redis_url.tls(options) if redis_url.uses_tls(parts, options) else None,
        )

    def pool(self, connect_timeout_s: float, socket_timeout_s: float, **more: Any) -> Any:
        """A connection pool of redis-py; nothing is sent yet."""
        options = self._options(sync, connect_timeout_s, socket_timeout_s) | more
        if self.service is None:
            return sync.ConnectionPool(**options)
        return sentinels.pool(self.service, self.sentinels, self._for_sentinels(), options)

    def async_pool(self, connect_timeout_s: float, **more: Any) -> Any:
        """The same for asyncio, without a limit on how long an answer may take."""
        options = self._options(aio, connect_timeout_s, None) | more
        if self.service is None:
            return aio.ConnectionPool(**options)
        return sentinels.async_pool(self.service, self.sentinels, self._for_sentinels(), options)

    def _options(
        self, module: Any, connect_timeout_s: float, socket_timeout_s: float | None
    ) -> dict[str, Any]:
        options: dict[str, Any] = {
            "db": self.db,
            "username": self.username,
            "password": self.password,
            "health_check_interval": self.health_check_s,
            "socket_timeout": socket_timeout_s,
        }
        if self.path is not None:
            return {
                **options,
                "connection_class": module.UnixDomainSocketConnection,
                "path": self.path,
            }
        options |= {"socket_connect_timeout": connect_timeout_s, "socket_keepalive": True}
        if self.service is None:
            options |= {"host": self.host, "port": self.port}
        if self.tls is None:
            return {**options, "connection_class": module.Connection}
        return {**options, **self.tls, "connection_class": module.SSLConnection}

    def _for_sentinels(self) -> dict[str, Any]:
        """Arguments of a client of a sentinel, which answers at once or not at all."""
        return {
            "username": self.sentinel_username,
            "password": self.sentinel_password,
            "socket_connect_timeout": CONNECT_TIMEOUT_S,
            "socket_timeout": SOCKET_TIMEOUT_S,
            **({} if self.tls is None else {"ssl": True, **self.tls}),
        }

    def broker_settings(self) -> dict[str, Any]:
        """The same as settings of Celery, with a URL that kombu reads without loss."""
        options: dict[str, Any] = {
            "socket_connect_timeout": CONNECT_TIMEOUT_S,
            "socket_timeout": SOCKET_TIMEOUT_S,
            "socket_keepalive": True,
            "health_check_interval": self.health_check_s,
        }
        if self.service is not None:
            no_retries = {"retry": Retry(NoBackoff(), 0)}  # kombu begins anew by itself
            options |= {
                "master_name": self.service,
                "sentinel_kwargs": self._for_sentinels() | no_retries,
            }
        return {
            "broker_url": self._broker_url(),
            "broker_use_ssl": self.tls,
            "broker_connection_timeout": CONNECT_TIMEOUT_S,
            "broker_transport_options": options,
        }

    def _broker_url(self) -> str:
        user = quote(self.username or "", safe="")
        secret = "" if self.password is None else ":" + quote(self.password, safe="")
        login = f"{user}{secret}@" if user or secret else ""
        if self.path is not None:
            return f"redis+socket://{login}{quote(self.path)}?virtual_host={self.db}"
        if self.service is not None:  # kombu goes on to the next with what stands in its own URL
            places = (_written(*place) for place in self.sentinels)
            return ";".join(f"sentinel://{login}{place}/{self.db}" for place in places)
        scheme = "redis" if self.tls is None else "rediss"
        return f"{scheme}://{login}{_written(self.host or '', self.port)}/{self.db}"


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{quote(host, safe='')}:{port}"
