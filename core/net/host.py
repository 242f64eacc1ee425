"""One spelling for each host: a plain address, or a lower-case ASCII name without a last dot."""

from __future__ import annotations

import re
from typing import Final

import idna

from core.errors import UrlNotAllowed
from core.net.address import literal

_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# What programs take for an IPv4 address, in forms that they do not agree about: 0177.1, 0x7f000001.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def normal_host(host: str) -> str:
    """``host`` in its one spelling; raises UrlNotAllowed for what is neither name nor address."""
    name = _ascii(host).removesuffix(".")
    if ":" in name:
        return _ipv6(name)
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise UrlNotAllowed(host[:100], rule="it is no host name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]) and literal(name) is None:
        raise UrlNotAllowed(name, rule="it is an IPv4 address that is not written a.b.c.d")
    return name


def _ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode().lower()
    except idna.IDNAError as error:
        raise UrlNotAllowed(host[:100], rule=f"it is no host name ({error})") from error


def _ipv6(text: str) -> str:
    address = literal(text)
    if address is None or "%" in text:  # a zone names an interface of this machine
        raise UrlNotAllowed(text[:100], rule="it is no IPv6 address without a zone")
    return str(address)
