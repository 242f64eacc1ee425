"""Networks that can be trained: a file says ``NETWORK = Network(...)``."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from core.errors import ConfigurationError
from training.networks.network import Activation, Head, Network

__all__ = ["Activation", "Head", "Network", "find_network", "registry"]


def registry() -> dict[str, Network]:
    """Every network of this folder by name; a file that holds one needs no other entry."""
    modules = [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    return {each.NETWORK.name: each.NETWORK for each in modules if hasattr(each, "NETWORK")}


def find_network(name: str) -> Network:
    """The network of that name, hyphens read as underscores.

    Raises :class:`ConfigurationError`, which names those there are.
    """
    networks = registry()
    network = networks.get(name.replace("-", "_"))
    if network is None:
        known = ", ".join(sorted(networks))
        raise ConfigurationError(f"There is no network {name!r}; there are: {known}.")
    return network
