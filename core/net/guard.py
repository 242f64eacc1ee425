"""Decides which URLs, hosts and addresses the service may connect to for a client.

A check of the string alone is not enough, since a name may resolve to another address a moment
later. So the guard resolves the name itself, and :mod:`core.net.backend` connects to the very
address that was checked.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

import httpx

from core.errors import UrlNotAllowed
from core.net.address import Network, literal, rule_against
from core.net.host import normal_host
from core.settings import Settings

MAX_URL: Final = 2048  # characters
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Resolver = Callable[[str, int], Sequence[str]]
"""Addresses of a name, the preferred ones first; raises OSError. It may block."""


def system_resolver(host: str, port: int) -> list[str]:
    """What the operating system says: ``/etc/hosts``, then DNS."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules: which ports, and which networks beside the public Internet."""

    ports: frozenset[int] = frozenset(DEFAULT_PORTS.values())
    private_networks: tuple[Network, ...] = ()
    resolve: Resolver = system_resolver

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The rules that the settings state."""
        return cls(frozenset(settings.outgoing_ports), settings.outgoing_private_networks)

    def check_url(self, url: str) -> httpx.URL:
        """``url`` in its normal form, without its fragment; raises UrlNotAllowed.

        The name is not resolved here.
        """
        parts = _split(url)
        scheme = parts.scheme
        if scheme not in DEFAULT_PORTS:
            raise UrlNotAllowed(_shown(url), rule="its scheme is not http or https")
        if "@" in parts.netloc:
            raise UrlNotAllowed(_shown(url), rule="it holds a user name or a password")
        host = normal_host(parts.hostname or "")
        port = _port_of(parts, url)
        self._check_port(host, port)
        if address := literal(host):
            self._check_address(host, str(address))
        authority = f"[{host}]" if ":" in host else host
        if port != DEFAULT_PORTS[scheme]:
            authority += f":{port}"
        normal = parts._replace(netloc=authority, path=parts.path or "/", fragment="")
        return _same_for_httpx(normal.geturl(), host)

    def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect for ``host``, checked; blocks as long as the resolver does.

        One bad address among several refuses the host, because public servers have none, and which
        one is used should not depend on the order of the answers. Raises UrlNotAllowed, and OSError
        when the name does not resolve.
        """
        self._check_port(host, port)
        found = list(self.resolve(host, port))
        for address in found:
            self._check_address(host, address)
        if not found:
            raise OSError(f"The name {host} has no address.")
        return found

    def _check_port(self, host: str, port: int) -> None:
        if port not in self.ports:
            taken = ", ".join(map(str, sorted(self.ports)))
            raise UrlNotAllowed(host, rule=f"port {port} is not among the allowed ones ({taken})")

    def _check_address(self, host: str, text: str) -> None:
        address = literal(text)
        if address is None:
            raise UrlNotAllowed(host, address=text, rule="it resolves to what is no address")
        if rule := rule_against(address, self.private_networks):
            raise UrlNotAllowed(host, address=text, rule=f"its address is {rule}")


def _split(url: str) -> SplitResult:
    if len(url) > MAX_URL:
        raise UrlNotAllowed(_shown(url), rule=f"it has more than {MAX_URL:,} characters")
    # Programs disagree about these: some strip them, and some read a backslash as a slash.
    if "\\" in url or not url.isprintable() or any(char.isspace() for char in url):
        raise UrlNotAllowed(
            _shown(url), rule="it holds a blank, a backslash or a control character"
        )
    try:
        return urlsplit(url)
    except ValueError as error:
        raise UrlNotAllowed(_shown(url), rule=f"it cannot be read: {error}") from error


def _port_of(parts: SplitResult, url: str) -> int:
    try:
        return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError as error:
        raise UrlNotAllowed(_shown(url), rule="its port is not a number up to 65535") from error


def _same_for_httpx(normal: str, host: str) -> httpx.URL:
    try:
        url = httpx.URL(normal)
    except httpx.InvalidURL as error:
        raise UrlNotAllowed(host, rule=f"its URL cannot be read: {error}") from error
    if url.raw_host.decode() != host:
        raise UrlNotAllowed(host, rule="its URL can be read in two ways")
    return url


def _shown(url: str) -> str:
    """A part of a URL for messages: without what may be a password or a token."""
    scheme, separator, rest = url.partition("://")
    authority = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    shown = f"{scheme}{separator}{authority.rpartition('@')[2]}"[:100]
    return "".join(char if char.isprintable() else "�" for char in shown)
