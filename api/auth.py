"""Who may call: tenants with API keys, or this machine alone."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from starlette.requests import HTTPConnection

from api.hosts import host_name, origin_authority
from api.problems import Forbidden, Unauthorized
from api.settings import GatewaySettings
from core.errors import ConfigurationError
from core.loopback import is_loopback
from core.store.accounts import LOCAL_TENANT

# What proxies and content delivery networks add to a request that they pass on.
_BY_PROXY: Final = re.compile(
    r"via|cdn-loop|(.+-)?forwarded(-.+)?|(.+-)?client-?ip|x-(real|remote|proxyuser|originating)-ip|"
    r"x-remote-addr|x-original-host|x-varnish|(cf|fly|fastly|x-envoy|x-azure|x-appengine)-.+"
)
_TENANT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ENTRY: Final = re.compile(rf"(?P<tenant>{_TENANT.pattern}):(?P<hash>[0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """``secret`` goes to the tenant and is shown once; ``entry`` is a line of the keys file."""

    secret: str
    entry: str


def new_key(tenant: str) -> NewKey:
    """Make a key of 256 random bits; raises ConfigurationError for an unusable name.

    Its plain SHA-256 is what is kept: there is nothing to guess in 256 random bits, so a
    slow password hash would only slow down every request.
    """
    if not _TENANT.fullmatch(tenant):
        raise ConfigurationError(
            f"{tenant!r} cannot name a tenant; use 1 to 64 letters, digits, '.', '_' or '-'."
        )
    secret = f"dfk_{secrets.token_urlsafe(32)}"
    return NewKey(secret, f"{tenant}:{_digest(secret)}")


class Authenticator(Protocol):
    """Tells whose request it is; raises Unauthorized or Forbidden."""

    def tenant(self, request: HTTPConnection) -> str: ...


class KeyAuthenticator:
    """``Authorization: Bearer …`` or ``X-API-Key: …``, compared in constant time."""

    def __init__(self, tenants_by_hash: Mapping[str, str]) -> None:
        self._tenants = dict(tenants_by_hash)

    def tenant(self, request: HTTPConnection) -> str:
        digest = _digest(_presented_key(request))
        owner = None
        for known, tenant in self._tenants.items():  # all of them: no timing to learn from
            if hmac.compare_digest(known, digest):
                owner = tenant
        if owner is None:
            raise Unauthorized("The API key is not known here.")
        return owner


class LoopbackAuthenticator:
    """No key, but this machine only: neither other hosts nor web pages in its browser."""

    def tenant(self, request: HTTPConnection) -> str:
        if request.client is not None and not is_loopback(request.client.host):
            raise Unauthorized("Without API keys this gateway serves its own machine only.")
        # A page that rebinds its name to 127.0.0.1 still says its own name here.
        host = request.headers.get("host", "")
        if not is_loopback(host_name(host)):
            raise Forbidden(f"The Host header {host!r} does not name this machine.")
        origin = request.headers.get("origin")
        if origin is not None and origin_authority(origin).lower() != host.lower():
            raise Forbidden(f"Web pages of {origin!r} may not use this gateway.")
        _check_direct(request)
        return LOCAL_TENANT


def _check_direct(request: HTTPConnection) -> None:
    """A proxy on this machine passes strangers on; most say so in a header."""
    for name in request.headers:
        if _BY_PROXY.fullmatch(name):
            raise Forbidden(
                f"The request came through a proxy (it has the header {name!r}), behind which "
                "strangers would count as this machine. Make API keys with `deepfake keys new` "
                "and name their file in DEEPFAKE_API_KEYS_FILE."
            )


def create_authenticator(settings: GatewaySettings) -> Authenticator:
    """Keys when there is a keys file, else loopback only.

    Raises ConfigurationError when strangers could call without a key.
    """
    if settings.api_keys_file is not None:
        return KeyAuthenticator(read_keys(settings.api_keys_file))
    if settings.on_loopback:
        return LoopbackAuthenticator()
    raise ConfigurationError(
        f"DEEPFAKE_HOST={settings.host} can be reached by others, and there are no API keys. "
        "Make one with `deepfake keys new --tenant NAME --file FILE` and name that file "
        "in DEEPFAKE_API_KEYS_FILE; or stay on DEEPFAKE_HOST=127.0.0.1."
    )


def read_keys(path: Path) -> dict[str, str]:
    """Tenants by the hash of their key; raises ConfigurationError naming the bad line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The API keys file {path} cannot be read: {error}.") from error
    tenants = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not (entry := _ENTRY.fullmatch(text)):
            raise ConfigurationError(
                f"{path}, line {number} is not `tenant:sha256`; make it with `deepfake keys new`."
            )
        tenants[entry["hash"]] = entry["tenant"]
    if not tenants:
        raise ConfigurationError(f"The API keys file {path} holds no key.")
    return tenants


def _presented_key(request: HTTPConnection) -> str:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    key = credentials.strip() if scheme.lower() == "bearer" else ""
    key = key or request.headers.get("x-api-key", "")
    if not key:
        raise Unauthorized("Send the API key as `Authorization: Bearer …` or `X-API-Key: …`.")
    return key


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
