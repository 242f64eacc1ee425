"""Reads the pieces of DEEPFAKE_REDIS_URL, and refuses by its name what is not understood."""

from __future__ import annotations

import ssl
from typing import Any, Final, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from core.errors import ConfigurationError

Place = tuple[str, int]  # a host and a port
PORT: Final = 6379
SENTINEL_PORT: Final = 26379
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
_SENTINEL_OPTIONS: Final = {"tls", "sentinel_username", "sentinel_password"}
_BOOLEANS: Final = {"true": True, "false": False}
_CERT_REQS: Final = {
    "required": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    "none": ssl.CERT_NONE,
}
# These messages never show what is wrong: it may be a piece of the password.
_QUOTING: Final = "in a password write %40 for '@', %2F for '/', %3F for '?' and %23 for '#'"


def refuse(problem: str, advice: str) -> NoReturn:
    """Raise the ConfigurationError that names the setting."""
    raise ConfigurationError(f"{_SETTING}: {problem}; {advice}.")


def split(url: str) -> SplitResult:
    """The URL in its parts; of several sentinels only :func:`sentinels` reads the hosts."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "sentinel":
            sentinels(parts)
        elif "," in parts.netloc.rpartition("@")[2]:
            refuse("it names several servers", "name one, or sentinel://host,host/service")
        else:
            _ = parts.port  # raises when it is no number
    except ValueError:
        refuse("its host or port cannot be read", _QUOTING)
    _check_scheme(url, parts.scheme)
    if "@" in parts.query or (parts.scheme != "unix" and "@" in parts.path):
        refuse("an '@' stands behind its host", _QUOTING)
    if parts.fragment:
        refuse("it has a '#'", _QUOTING)
    if parts.scheme == "unix" and (parts.hostname or not parts.path):
        refuse("it names no socket, or a host before it", "write unix:///path/to/redis.sock")
    return parts


def _check_scheme(url: str, scheme: str) -> None:
    if "cluster" in scheme:
        refuse(f"{scheme}:// is not supported", "name a single Redis server, or its sentinels")
    if scheme not in ("redis", "rediss", "unix", "sentinel") or "://" not in url:
        refuse(
            f"{scheme or 'no scheme'}:// is not an address of Redis",
            "write redis://host:6379/0, rediss://host:6379/0, unix:///path/to/redis.sock or "
            "sentinel://host:26379,host:26379/service",
        )


def query(parts: SplitResult) -> dict[str, str]:
    """The options behind the question mark."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    known = _OPTIONS | (_SENTINEL_OPTIONS if parts.scheme == "sentinel" else set())
    if uses_tls(parts, options):
        known |= set(_TLS)
    for name, _ in pairs:
        if name not in known:
            refuse(f"{name!r} is not understood", f"known are {', '.join(sorted(known))}")
    if len(options) < len(pairs):
        refuse("an option stands in it twice", "leave one of them out")
    return options


def uses_tls(parts: SplitResult, options: dict[str, str]) -> bool:
    """Whether connections are encrypted: ``rediss://``, or ``tls=true`` behind sentinels."""
    if parts.scheme == "sentinel":
        return bool(_choice("tls", options, _BOOLEANS, "true or false", False))
    return parts.scheme == "rediss"


def place(parts: SplitResult) -> dict[str, Any]:
    """Where to connect to, as fields of an address."""
    if parts.scheme == "unix":
        return {"path": unquote(parts.path)}
    if parts.scheme == "sentinel":
        return {"host": None, "sentinels": sentinels(parts), "service": _service(parts)}
    return {"host": unquote(parts.hostname or "localhost"), "port": parts.port or PORT}


def sentinels(parts: SplitResult) -> tuple[Place, ...]:
    """The hosts and ports before the first slash; raises ValueError for what is none."""
    found = []
    for text in parts.netloc.rpartition("@")[2].split(","):
        one = urlsplit(f"//{text}")
        if not one.hostname or one.path or one.query:
            raise ValueError(text)
        found.append((unquote(one.hostname), one.port or SENTINEL_PORT))
    return tuple(found)


def _service(parts: SplitResult) -> str:
    name = unquote(parts.path).strip("/")
    if not name or name.isdecimal() or "/" in name:
        refuse("it names no service", "write sentinel://host:26379/service?db=0")
    return name


def database(parts: SplitResult, options: dict[str, str]) -> int:
    """The number of the database."""
    named = parts.scheme in ("unix", "sentinel")  # their path is something else
    path = "" if named else unquote(parts.path).strip("/")
    if path and "db" in options:
        refuse(f"it names two databases, /{path} and db={options['db']}", "leave one of them out")
    return number("db", {"db": path} if path else options, 0)


def number(name: str, options: dict[str, str], default: int) -> int:
    """An option that is a number from 0 on."""
    text = options.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()):
        refuse(f"{name} is {text!r}", "write a number from 0 on")
    return int(text)


def credential(name: str, before_host: str | None, options: dict[str, str]) -> str | None:
    """The user or the password, which stands before the host or among the options."""
    if before_host and name in options:
        refuse(f"the {name} stands in it twice", "leave one of them out")
    return (unquote(before_host) if before_host else options.get(name)) or None


def tls(options: dict[str, str]) -> dict[str, Any]:
    """The certificate is verified, with its host name, unless the URL says otherwise."""
    found: dict[str, Any] = {name: value for name, value in options.items() if name in _TLS}
    checks = _choice("ssl_cert_reqs", options, _CERT_REQS, _TLS["ssl_cert_reqs"], ssl.CERT_REQUIRED)
    names = _choice("ssl_check_hostname", options, _BOOLEANS, _TLS["ssl_check_hostname"], None)
    if checks is not ssl.CERT_REQUIRED and names:
        refuse("ssl_check_hostname needs ssl_cert_reqs=required", "leave one of them out")
    found["ssl_cert_reqs"] = checks
    found["ssl_check_hostname"] = checks is ssl.CERT_REQUIRED if names is None else names
    return found


def _choice(
    name: str, options: dict[str, str], choices: dict[str, Any], told: str, default: Any
) -> Any:
    text = options.get(name)
    if text is None:
        return default
    if text.lower() not in choices:
        refuse(f"{name} is {text!r}", f"write {told}")
    return choices[text.lower()]
