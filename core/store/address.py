"""The address of Redis, read once for all of its clients: the store, its listener, the broker.

redis-py and kombu each read a URL in a way of their own and leave out, without a word, what they
do not know; with ``rediss://`` one of them verified the certificate and the other did not.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

import redis.asyncio.connection as aio
from redis import connection as sync

from core.errors import ConfigurationError

CONNECT_TIMEOUT_S: Final = 2.0
SOCKET_TIMEOUT_S: Final = 3.0
HEALTH_CHECK_S: Final = 10
_SETTING: Final = "DEEPFAKE_REDIS_URL"
_TLS: Final = {
    "ssl_cert_reqs": "required, optional or none",
    "ssl_check_hostname": "true or false",
    "ssl_ca_certs": "a file",
    "ssl_ca_path": "a folder",
    "ssl_certfile": "a file",
    "ssl_keyfile": "a file",
}
_OPTIONS: Final = {"db", "username", "password", "health_check_interval"}
_CERT_REQS: Final = {
    "required": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    "none": ssl.CERT_NONE,
}
# These messages never show what is wrong: it may be a piece of the password.
_QUOTING: Final = "in a password write %40 for '@', %2F for '/', %3F for '?' and %23 for '#'"
_UNSUPPORTED: Final = re.compile(r"sentinel|cluster", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is, and as whom to use it; made by :meth:`parse`."""

    host: str | None = None
    port: int = 6379
    path: str | None = None  # of a unix socket, in place of host and port
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    health_check_s: int = HEALTH_CHECK_S  # how long a connection may idle unchecked
    tls: dict[str, Any] | None = None  # redis-py's ssl_… arguments; None without TLS

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``redis://``, ``rediss://`` or ``unix://``.

        Raises ConfigurationError that names whatever is not understood.
        """
        parts = _split(url)
        query = _query(parts)
        return cls(
            **_place(parts),
            db=_database(parts, query),
            username=_credential("username", parts.username, query),
            password=_credential("password", parts.password, query),
            health_check_s=_number("health_check_interval", query, HEALTH_CHECK_S),
            tls=_tls(query) if parts.scheme == "rediss" else None,
        )

    def client_options(
        self,
        connect_timeout_s: float | None,
        socket_timeout_s: float | None,
        *,
        asynchronous: bool = False,
    ) -> dict[str, Any]:
        """Arguments of a connection pool of redis-py."""
        module: Any = aio if asynchronous else sync
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
        options |= {
            "host": self.host,
            "port": self.port,
            "socket_connect_timeout": connect_timeout_s,
            "socket_keepalive": True,
        }
        if self.tls is None:
            return {**options, "connection_class": module.Connection}
        return {**options, **self.tls, "connection_class": module.SSLConnection}

    def broker_settings(self) -> dict[str, Any]:
        """The same as settings of Celery, with a URL that kombu reads without loss."""
        user = quote(self.username or "", safe="")
        secret = "" if self.password is None else ":" + quote(self.password, safe="")
        login = f"{user}{secret}@" if user or secret else ""
        if self.path is not None:
            place = f"redis+socket://{login}{quote(self.path)}?virtual_host={self.db}"
        else:
            host = f"[{self.host}]" if ":" in (self.host or "") else quote(self.host or "", safe="")
            scheme = "redis" if self.tls is None else "rediss"
            place = f"{scheme}://{login}{host}:{self.port}/{self.db}"
        return {
            "broker_url": place,
            "broker_use_ssl": self.tls,
            "broker_connection_timeout": CONNECT_TIMEOUT_S,
            "broker_transport_options": {
                "socket_connect_timeout": CONNECT_TIMEOUT_S,
                "socket_timeout": SOCKET_TIMEOUT_S,
                "socket_keepalive": True,
                "health_check_interval": self.health_check_s,
            },
        }


def _refuse(problem: str, advice: str) -> NoReturn:
    raise ConfigurationError(f"{_SETTING}: {problem}; {advice}.")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if "," in parts.netloc.rpartition("@")[2]:
            _refuse("it names several servers", "name a single Redis server")
        _ = parts.port  # raises when it is no number
    except ValueError:
        _refuse("its host or port cannot be read", _QUOTING)
    _check_scheme(url, parts.scheme)
    if "@" in parts.query or (parts.scheme != "unix" and "@" in parts.path):
        _refuse("an '@' stands behind its host", _QUOTING)
    if parts.fragment:
        _refuse("it has a '#'", _QUOTING)
    if parts.scheme == "unix" and (parts.hostname or not parts.path):
        _refuse("it names no socket, or a host before it", "write unix:///path/to/redis.sock")
    return parts


def _check_scheme(url: str, scheme: str) -> None:
    if _UNSUPPORTED.search(scheme):
        _refuse(f"{scheme}:// is not supported", "name a single Redis server")
    if scheme not in ("redis", "rediss", "unix") or "://" not in url:
        _refuse(
            f"{scheme or 'no scheme'}:// is not an address of Redis",
            "write redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/redis.sock",
        )


def _query(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = dict(pairs)
    known = _OPTIONS | (set(_TLS) if parts.scheme == "rediss" else set())
    for name, _ in pairs:
        if name not in known:
            _refuse(f"{name!r} is not understood", f"known are {', '.join(sorted(known))}")
    if len(query) < len(pairs):
        _refuse("an option stands in it twice", "leave one of them out")
    return query


def _place(parts: SplitResult) -> dict[str, Any]:
    if parts.scheme == "unix":
        return {"path": unquote(parts.path)}
    return {"host": unquote(parts.hostname or "localhost"), "port": parts.port or 6379}


def _database(parts: SplitResult, query: dict[str, str]) -> int:
    path = "" if parts.scheme == "unix" else unquote(parts.path).strip("/")
    if path and "db" in query:
        _refuse(f"it names two databases, /{path} and db={query['db']}", "leave one of them out")
    return _number("db", {"db": path} if path else query, 0)


def _number(name: str, query: dict[str, str], default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()):
        _refuse(f"{name} is {text!r}", "write a number from 0 on")
    return int(text)


def _credential(name: str, before_host: str | None, query: dict[str, str]) -> str | None:
    if before_host and name in query:
        _refuse(f"the {name} stands in it twice", "leave one of them out")
    return (unquote(before_host) if before_host else query.get(name)) or None


def _tls(query: dict[str, str]) -> dict[str, Any]:
    """The certificate is verified, with its host name, unless the URL says otherwise."""
    options: dict[str, Any] = {name: value for name, value in query.items() if name in _TLS}
    checks = _choice("ssl_cert_reqs", query, _CERT_REQS, ssl.CERT_REQUIRED)
    names = _choice("ssl_check_hostname", query, {"true": True, "false": False}, None)
    if checks is not ssl.CERT_REQUIRED and names:
        _refuse("ssl_check_hostname needs ssl_cert_reqs=required", "leave one of them out")
    options["ssl_cert_reqs"] = checks
    options["ssl_check_hostname"] = checks is ssl.CERT_REQUIRED if names is None else names
    return options


def _choice(name: str, query: dict[str, str], choices: dict[str, Any], default: Any) -> Any:
    text = query.get(name)
    if text is None:
        return default
    if text.lower() not in choices:
        _refuse(f"{name} is {text!r}", f"write {_TLS[name]}")
    return choices[text.lower()]
