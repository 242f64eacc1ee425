"""The Host and Origin headers, which strangers may fill with anything."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from api.http.problems import MalformedRequest

_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^/?#@\s]+)")
# uri-host [ ":" port ] of RFC 9110, section 7.2; the brackets are checked further below.
_HOST: Final = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._~!$&'()*+,;=%-]*))"
    r"(?::(?P<port>[0-9]{0,5}))?"
)


def host_name(authority: str) -> str:
    """The host of a Host header, without brackets and port, in small letters.

    Raises MalformedRequest when it is none; an empty one is allowed, as in HTTP/1.0.
    """
    if found := _HOST.fullmatch(authority):
        try:
            name = str(IPv6Address(found["ipv6"])) if found["ipv6"] else found["name"].lower()
        except AddressValueError:
            pass
        else:
            if int(found["port"] or 0) <= 65535:
                return name
    raise MalformedRequest(f"The Host {authority[:80]!r} is not a host name with a port.")


def origin_authority(origin: str) -> str:
    """The host and port of an Origin header; empty for ``null``, which names no page.

    Raises MalformedRequest when it is no origin (RFC 6454, section 7).
    """
    if origin == "null":
        return ""
    if found := _ORIGIN.fullmatch(origin):
        host_name(found["authority"])
        return found["authority"]
    raise MalformedRequest(f"The Origin {origin[:80]!r} is not `scheme://host` with a port.")
