"""What a poll and an upload cost a gateway, by the parser and the event loop below it.

Starts a real Redis and a gateway process for each kind, and asks them in turns, so that what else
the machine does falls on all alike. Figures are processor time of the gateway: a machine
that is busy makes them no larger than caches do.

    python -m benchmarks.gateway_speed --rounds 8
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median
from typing import Self

from benchmarks.gateway_processes import MIB, GatewayProcess, gateway_process
from tests.redis_server import RedisServer

KINDS = ("h11 on asyncio", "httptools on asyncio", "httptools on uvloop")
HEAD = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=8)
    arguments.add_argument("--polls", type=int, default=200, help="in a round, of each kind")
    arguments.add_argument("--megabytes", type=int, default=32, help="of the upload of a round")
    arguments.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.serve:
        serve(options.serve)
        return
    with tempfile.TemporaryDirectory(prefix="df-") as folder, ExitStack() as stack:
        redis = stack.enter_context(RedisServer(Path(folder)))
        with ThreadPoolExecutor() as starters:  # together: they take seconds each
            running = starters.map(
                lambda kind: stack.enter_context(started(redis.url, kind)), KINDS
            )
            gateways = dict(zip(KINDS, running, strict=True))
        compare(gateways, options.rounds, options.polls, options.megabytes)


def started(redis_url: str, kind: str) -> AbstractContextManager[GatewayProcess]:
    return gateway_process(redis_url, ("-m", "benchmarks.gateway_speed", "--serve", kind))


def serve(kind: str) -> None:
    """Run one gateway. The h11 is uvicorn's own, without the bounds that this project adds."""
    import uvicorn

    from api import gateway
    from api.app import create_app
    from api.main import protocol_options
    from api.settings import GatewaySettings

    gateway.CALL_LIMIT_S = gateway.SOCKET_TIMEOUT_S = 600.0  # type: ignore[misc]  # a busy machine
    parser, _, loop = kind.partition(" on ")
    settings = GatewaySettings.load()
    options = protocol_options(settings)
    if parser == "h11":
        options["http"] = "h11"
    options["loop"] = loop
    uvicorn.run(create_app(settings), port=settings.port, log_config=None, **options)


def compare(gateways: dict[str, GatewayProcess], rounds: int, polls: int, megabytes: int) -> None:
    filler = os.urandom(MIB)
    calls: dict[str, Call] = {
        "poll, ms": lambda connection: connection.poll(polls),
        "upload, ms per MiB": lambda connection: connection.upload(megabytes, filler),
    }
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, call in calls.items():
            for kind, gateway in gateways.items():
                figures = measured(gateway, call)
                if number:  # the first round makes pools and caches
                    found[name, kind].append(figures)
    show(found)


def measured(gateway: GatewayProcess, call: Call) -> tuple[float, float]:
    """Milliseconds of processor time and of the client's time, for each unit of a call."""
    while True:
        try:
            with Connection(gateway) as connection:
                began, used = time.perf_counter(), gateway.cpu_s()
                units = call(connection)
                spent, took = gateway.cpu_s() - used, time.perf_counter() - began
        except Busy as error:  # the machine has other work, and Redis was late for once
            print(f"again: {error}", file=sys.stderr)
            time.sleep(1)
        else:
            return spent * 1e3 / units, took * 1e3 / units


def show(found: dict[tuple[str, str], list[tuple[float, float]]]) -> None:
    print("| | CPU of the gateway | ratio to h11, median of the rounds | time for the client |")
    print("|---|---|---|---|")
    for (name, kind), figures in found.items():
        cpu, wall = zip(*figures, strict=True)
        first = [one[0] for one in found[name, KINDS[0]]]
        ratio = median(mine / its for mine, its in zip(cpu, first, strict=True))
        print(f"| {name}, {kind} | {median(cpu):.3f} | {ratio:.2f} | {median(wall):.3f} |")


class Busy(Exception):
    """The gateway answered with an error."""


class Connection:
    """A client on a plain socket, which costs the machine as little as it can."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self._socket = socket.create_connection(("127.0.0.1", gateway.port))
        self._host = f"Host: 127.0.0.1:{gateway.port}\r\n".encode()

    def poll(self, count: int, took_s: list[float] | None = None) -> int:
        """Ask ``count`` times for one job, and note how long each took; how many answers came."""
        path = self._ask(b"POST /v1/jobs", HEAD + bytes(1000)).split(b"location: ")[1]
        path = path.split(b"\r\n")[0]
        for _ in range(count):
            began = time.perf_counter()
            self._ask(b"GET " + path)
            if took_s is not None:
                took_s.append(time.perf_counter() - began)
        self._ask(b"DELETE " + path)
        return count

    def upload(self, megabytes: int, filler: bytes) -> int:
        """Send so many MiB; the number of MiB."""
        size = megabytes * MIB
        self._socket.sendall(self._head(b"POST /v1/jobs", size) + HEAD)
        self._socket.sendall(filler[len(HEAD) :])
        for _ in range(megabytes - 1):
            self._socket.sendall(filler)
        path = self._answer().split(b"location: ")[1].split(b"\r\n")[0]
        self._ask(b"DELETE " + path)
        return megabytes

    def _head(self, line: bytes, size: int) -> bytes:
        length = b"Content-Length: %d\r\n" % size if size else b""
        return line + b" HTTP/1.1\r\n" + self._host + length + b"\r\n"

    def _ask(self, line: bytes, body: bytes = b"") -> bytes:
        self._socket.sendall(self._head(line, len(body)) + body)
        return self._answer()

    def _answer(self) -> bytes:
        """The head of the answer, once its body has come too; raises Busy when it is an error."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise Busy(received.partition(b"\r\n")[0].decode())
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        while len(body) < int(length or 0):
            body += self._socket.recv(65536)
        return head

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


Call = Callable[[Connection], int]

if __name__ == "__main__":
    main()
