"""Whether an address belongs to this machine alone."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address


@lru_cache(maxsize=1024)  # it is asked twice for every request, of few hosts
def is_loopback(host: str) -> bool:
    """True for ``localhost`` and the loopback addresses of IPv4 and IPv6.

    Other names are not looked up: what a name resolves to may be another machine a second
    later. An IPv4 address that is mapped into IPv6 (``::ffff:127.0.0.1``) counts as IPv4.
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    embedded = getattr(address, "ipv4_mapped", None)
    return (embedded or address).is_loopback
