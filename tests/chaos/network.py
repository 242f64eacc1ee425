"""Machines of their own: namespaces of Linux' network, joined by a router that can cut them off.

Each machine has one cable, to the router. A cable that is pulled is noticed at once: the router
says that nobody is there. What is silenced is dropped without a word, and those who wait for an
answer have nothing but their own limits.
"""

from __future__ import annotations

import os
import subprocess
from shutil import which
from types import TracebackType
from typing import Final, Self

FIRST_NET: Final = 64
NETS: Final = 128
OUTSIDE: Final = "outside"  # the machine of the clients, which is the real one


class Network:
    """Names are short: those of the system's interfaces have 15 letters at most."""

    def __init__(self) -> None:
        self._router = f"df{os.getpid()}"
        # The third number of an address is that of the machine.
        self._net = f"10.{FIRST_NET + os.getpid() % NETS}"
        self._numbers: dict[str, int] = {}
        self._rules: list[tuple[str, ...]] = []

    @property
    def networks(self) -> str:
        """All addresses."""
        return f"{self._net}.0.0/16"

    def address(self, name: str) -> str:
        return f"{self._net}.{self._numbers[name]}.2"

    def within(self, name: str) -> tuple[str, ...]:
        """What comes before a command that is to run on a machine; the process is the command."""
        return ("ip", "netns", "exec", self._namespace(name))

    def add(self, name: str) -> None:
        """Set a machine up and plug it in."""
        number = self._numbers[name] = len(self._numbers)
        cable, peer, router = self._cable(name), f"{self._net}.{number}.1", ("-n", self._router)
        here = () if name == OUTSIDE else ("-n", self._namespace(name))
        if name != OUTSIDE:
            _ip("netns", "add", self._namespace(name))
            _ip(*here, "link", "set", "lo", "up")
        _ip(*router, "link", "add", cable, "type", "veth", "peer", "name", f"{cable}p")
        whose = "1" if name == OUTSIDE else self._namespace(name)
        _ip(*router, "link", "set", f"{cable}p", "netns", whose)
        _ip(*router, "address", "add", f"{peer}/24", "dev", cable)
        _ip(*here, "address", "add", f"{self.address(name)}/24", "dev", f"{cable}p")
        _ip(*router, "link", "set", cable, "up")
        _ip(*here, "link", "set", f"{cable}p", "up")
        _ip(*here, "route", "add", f"{self._net}.0.0/16", "via", peer)

    def unplug(self, name: str) -> None:
        """Pull the cable."""
        _ip("-n", self._router, "link", "set", self._cable(name), "down")

    def silence(self, name: str, other: str) -> None:
        """Drop all that two machines send each other."""
        one, two = self.address(name), self.address(other)
        for way in ((one, two), (two, one)):
            rule = ("from", way[0], "to", way[1], "blackhole")
            _ip("-n", self._router, "rule", "add", *rule)
            self._rules.append(rule)

    def heal(self) -> None:
        """Plug in and pass on everything again."""
        for name in self._numbers:
            _ip("-n", self._router, "link", "set", self._cable(name), "up")
        while self._rules:
            _ip("-n", self._router, "rule", "delete", *self._rules.pop())

    def __enter__(self) -> Self:
        _ip("netns", "add", self._router)
        try:
            forward = "net.ipv4.ip_forward=1"
            _run("ip", "netns", "exec", self._router, "sysctl", "-qw", forward)
            self.add(OUTSIDE)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        for name in self._numbers:
            if name != OUTSIDE:
                _ip("netns", "delete", self._namespace(name), check=False)
        # With its ends of all cables, and so the others.
        _ip("netns", "delete", self._router, check=False)

    def _namespace(self, name: str) -> str:
        return f"{self._router}-{name}"

    def _cable(self, name: str) -> str:
        return f"{self._router}n{self._numbers[name]}"


def why_not() -> str | None:
    """Why there can be no such network here; None where there can."""
    if which("ip") is None:
        return "there is no command ip; Debian's package iproute2 has it"
    try:
        with Network():
            return None
    except subprocess.CalledProcessError as error:
        return f"namespaces of the network cannot be made: {error.stderr.decode().strip()}"


def _ip(*words: str, check: bool = True) -> None:
    _run("ip", *words, check=check)


def _run(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check, capture_output=True)
