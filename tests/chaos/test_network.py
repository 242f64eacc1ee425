"""Machines hear each other, unless they are cut off: at once when unplugged, or without a word."""

from __future__ import annotations

import socket

import pytest

from tests.chaos.network import Network, why_not

WHY_NOT = why_not()


def answer(network: Network) -> type[OSError] | None:
    """What becomes of a connection to a port at which nobody listens."""
    try:
        socket.create_connection((network.address("machine"), 9), timeout=0.5).close()
    except OSError as error:
        return type(error)
    return None


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
def test_what_is_cut_off_is_there_again_when_all_is_healed() -> None:
    with Network() as network:
        network.add("machine")
        assert answer(network) is ConnectionRefusedError
        network.silence("machine", "outside")
        assert answer(network) is TimeoutError
        network.heal()
        assert answer(network) is ConnectionRefusedError
        network.unplug("machine")
        assert answer(network) is not ConnectionRefusedError
        network.heal()
        assert answer(network) is ConnectionRefusedError
