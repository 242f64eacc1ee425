"""Which addresses belong to servers of the public Internet, by the registries of IANA."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The first network that holds an address counts.
_SPECIAL: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("unspecified", ("0.0.0.0/8", "::/128")),
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    ("shared by a carrier (CGNAT)", ("100.64.0.0/10",)),
    # The second one answers inside Azure alone, where it gives out configuration.
    ("link-local or metadata", ("169.254.0.0/16", "168.63.129.16/32", "fe80::/10")),
    ("site-local", ("fec0::/10",)),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    ("documentation", ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")),
    ("documentation", ("2001:db8::/32", "3fff::/20")),
    ("benchmarking", ("198.18.0.0/15", "2001:2::/48")),
    ("IPv4 inside IPv6", ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96")),
    ("a tunnel (6to4 or Teredo)", ("192.88.99.0/24", "2002::/16", "2001::/32")),
    ("a local NAT64", ("64:ff9b:1::/48",)),
    ("reserved for protocols", ("192.0.0.0/24", "2001::/23", "100::/63", "5f00::/16")),
    ("reserved for protocols", ("192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24")),
    ("reserved", ("240.0.0.0/4",)),
)
_RULES: Final = [(ip_network(text), rule) for rule, texts in _SPECIAL for text in texts]
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


def rule_against(address: Address, allowed: tuple[Network, ...] = ()) -> str | None:
    """Why nothing may connect to ``address``; None where it is global unicast, or ``allowed``.

    Addresses of NAT64's well-known prefix count as the IPv4 address that they lead to, because
    in an IPv6 network with NAT64 every IPv4 server has one.
    """
    if any(address in network for network in allowed):
        return None
    if address in _NAT64:
        return rule_against(IPv4Address(int(address) & 0xFFFFFFFF), allowed)
    for network, rule in _RULES:
        if address in network:
            return rule
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return "not global unicast"
    return None if address.is_global else "not global"


def literal(host: str) -> Address | None:
    """The address that ``host`` writes out in its one plain form, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
