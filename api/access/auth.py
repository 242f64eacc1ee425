"""Who may call: tenants with API keys, or this machine alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from starlette.requests import HTTPConnection

from api.http.hosts import host_name, origin_authority
from api.http.problems import Forbidden, Unauthorized
from api.settings import GatewaySettings
from core.errors import ConfigurationError
from core.loopback import is_loopback
from core.scopes import USUAL_SCOPES, Scope
from core.store.accounts import LOCAL_TENANT
from core.store.api_keys import TENANT, check_tenant, digest, new_secret

# What proxies and content delivery networks add to a request that they pass on.
_BY_PROXY: Final = re.compile(
    r"via|cdn-loop|(.+-)?forwarded(-.+)?|(.+-)?client-?ip|x-(real|remote|proxyuser|originating)-ip|"
    r"x-remote-addr|x-original-host|x-varnish|(cf|fly|fastly|x-envoy|x-azure|x-appengine)-.+"
)
_ENTRY: Final = re.compile(rf"(?P<tenant>{TENANT.pattern}):(?P<hash>[0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """``secret`` goes to the tenant and is shown once; ``entry`` is a line of the keys file."""

    secret: str
    entry: str


def new_key(tenant: str) -> NewKey:
    """Make a key for a keys file; raises ConfigurationError for an unusable name."""
    check_tenant(tenant)
    secret = new_secret()
    return NewKey(secret, f"{tenant}:{digest(secret)}")


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose request it is, and what its key may do; keys of a file have no id."""

    tenant: str
    scopes: frozenset[Scope]
    key_id: str | None = None

    def require(self, scope: Scope) -> None:
        """Raises Forbidden, which names the scope that is missing."""
        if scope not in self.scopes:
            has = ", ".join(sorted(self.scopes)) or "none"
            raise Forbidden(
                f"This call needs the scope {scope.value!r}, and the caller has: {has}. Use an API "
                f"key that has it; `deepfake keys create --scope {scope.value}` makes one."
            )


class KeyRing(Protocol):
    """Keys that come and go while the gateway runs; raises Unauthorized or StoreError."""

    async def principal(self, secret_hash: str) -> Principal: ...


class Authenticator(Protocol):
    """Tells whose request it is; raises Unauthorized, Forbidden or StoreError."""

    async def principal(self, request: HTTPConnection, keys: KeyRing) -> Principal: ...


class KeyAuthenticator:
    """``Authorization: Bearer …`` or ``X-API-Key: …``: keys of the file, and those of Redis.

    Only hashes are compared, so there is nothing to learn from how long it takes.
    """

    def __init__(self, tenants_by_hash: Mapping[str, str]) -> None:
        self._tenants = dict(tenants_by_hash)

    async def principal(self, request: HTTPConnection, keys: KeyRing) -> Principal:
        secret_hash = digest(_presented_key(request))
        if (tenant := self._tenants.get(secret_hash)) is not None:
            return Principal(tenant, USUAL_SCOPES)
        return await keys.principal(secret_hash)


class LoopbackAuthenticator:
    """No key, but this machine only: neither other hosts nor web pages in its browser."""

    async def principal(self, request: HTTPConnection, keys: KeyRing) -> Principal:  # noqa: ARG002
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
        return Principal(LOCAL_TENANT, USUAL_SCOPES)


def _check_direct(request: HTTPConnection) -> None:
    """A proxy on this machine passes strangers on; most say so in a header."""
    for name in request.headers:
        if _BY_PROXY.fullmatch(name):
            raise Forbidden(
                f"The request came through a proxy (it has the header {name!r}), behind which "
                "strangers would count as this machine. Make API keys with `deepfake keys new` "
                "and name their file in DEEPFAKE_API_KEYS_FILE, or keep them in Redis "
                "(DEEPFAKE_API_KEYS=redis)."
            )


def create_authenticator(settings: GatewaySettings) -> Authenticator:
    """Keys when there is a keys file or they are in Redis, else loopback only.

    Raises ConfigurationError when strangers could call without a key.
    """
    if settings.keys_needed:
        file = settings.api_keys_file
        return KeyAuthenticator({} if file is None else read_keys(file))
    if settings.on_loopback:
        return LoopbackAuthenticator()
    raise ConfigurationError(
        f"DEEPFAKE_HOST={settings.host} can be reached by others, and there are no API keys. "
        "Make one with `deepfake keys new --tenant NAME --file FILE` and name that file "
        "in DEEPFAKE_API_KEYS_FILE; or set DEEPFAKE_API_KEYS=redis and run `deepfake keys create "
        "--tenant NAME`; or stay on DEEPFAKE_HOST=127.0.0.1."
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
