"""What a resumable upload costs that is cut again and again: bytes sent twice, memory, files.

Starts a real Redis and two real gateway processes. One file is sent by tus; after each cut the
client goes on at the other gateway. Clean cuts close the connection, and the client comes back
after a second. Hard cuts reset it, and the client is back at once; there the line has a rate, since
all that the kernel of the gateway holds then is lost. What the client's own kernel still holds was
never sent, so it does not count.

    python -m benchmarks.resumable_upload --megabytes 500 --cuts 20 --rate 25
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx

from benchmarks.gateway_memory import HEAD, MIB, forget_peak, held_files, status_mib, write_bytes
from benchmarks.gateway_processes import GatewayProcess, gateway_process
from tests.redis_server import RedisServer

TUS = {"Tus-Resumable": "1.0.0"}
FILLER = os.urandom(MIB)
PIECE = MIB // 8
SIOCOUTQNSD = 0x894B  # of linux/sockios.h


@dataclass
class Sender:
    """One upload, and what was sent of it."""

    size: int
    clients: list[httpx.Client]
    hard: bool
    rate: float  # MiB/s; 0 sends as fast as it goes
    where: str = ""
    unsent: int = 0  # of what the last cut connection was given
    twice: list[int] = field(default_factory=list)

    def begin(self) -> None:
        answer = self.clients[0].post(
            "/v1/uploads", headers={**TUS, "Upload-Length": str(self.size)}
        )
        self.where = answer.raise_for_status().headers["location"]

    def offset(self, client: httpx.Client) -> int:
        return int(client.head(self.where, headers=TUS).headers["upload-offset"])

    def send_until(self, client: httpx.Client, offset: int, end: int) -> None:
        """Announce all the rest, and cut the connection at ``end``."""
        address = (client.base_url.host, client.base_url.port or 80)
        with closing(socket.create_connection(address)) as connection:
            connection.sendall(self._head(offset).encode())
            for piece in self._at_rate(pieces(offset, end)):
                connection.sendall(piece)
            self.unsent = unsent_bytes(connection)
            if self.hard:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if not self.hard:
            time.sleep(1)

    def finish(self, client: httpx.Client, offset: int) -> None:
        headers = {
            **TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
        }
        client.patch(
            self.where, headers=headers, content=pieces(offset, self.size)
        ).raise_for_status()

    def _at_rate(self, all_pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in all_pieces:
            for start in range(0, len(piece), PIECE):
                yield piece[start : start + PIECE]
                if self.rate:
                    time.sleep(PIECE / MIB / self.rate)

    def _head(self, offset: int) -> str:
        return (
            f"PATCH {self.where} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\n"
            f"Content-Length: {self.size - offset}\r\n\r\n"
        )


def unsent_bytes(connection: socket.socket) -> int:
    """What the kernel has taken for this connection and not put on the line yet."""
    return int(struct.unpack("i", fcntl.ioctl(connection, SIOCOUTQNSD, bytes(4)))[0])


def pieces(start: int, end: int) -> Iterator[bytes]:
    """The bytes of the file from ``start`` to ``end``: a head, and the filler again and again."""
    while start < end:
        if start < len(HEAD):
            piece = HEAD[start:end]
        else:
            piece = FILLER[start % MIB : min(MIB, start % MIB + end - start)]
        yield piece
        start += len(piece)


def run(
    gateways: list[GatewayProcess], megabytes: int, cuts: int, *, hard: bool, rate: float
) -> None:
    clients = [
        httpx.Client(base_url=f"http://127.0.0.1:{one.port}", timeout=600) for one in gateways
    ]
    for client in clients:  # makes the pools, and the buffers of one chunk
        client.post("/v1/jobs", content=HEAD + FILLER).raise_for_status()
    before = [status_mib(one.pid, "VmRSS") for one in gateways]
    written = sum(write_bytes(one.pid) for one in gateways)
    for one in gateways:
        forget_peak(one.pid)
    sender = Sender(megabytes * MIB, clients, hard=hard, rate=rate if hard else 0)
    began = time.monotonic()
    sender.begin()
    points = sorted(random.Random(7).sample(range(sender.size), cuts))
    for number, point in enumerate(points):
        offset = sender.offset(clients[number % 2])
        if offset < point:
            sender.send_until(clients[number % 2], offset, point)
            kept = sender.offset(clients[1 - number % 2])
            dropped = sender.unsent if hard else 0  # after a close the kernel sends it all the same
            sender.twice.append(point - dropped - kept)
    sender.finish(clients[0], sender.offset(clients[0]))
    sent = time.monotonic() - began
    job = clients[1].post("/v1/jobs", json={"upload": sender.where}).raise_for_status().json()
    told(sender, gateways, before, written, [sent, time.monotonic() - began - sent], job)


def told(
    sender: Sender,
    gateways: list[GatewayProcess],
    before: list[float],
    written: int,
    seconds: list[float],
    job: dict[str, dict[str, object]],
) -> None:
    digest = sha256()
    for piece in pieces(0, sender.size):
        digest.update(piece)
    growth = [status_mib(one.pid, "VmHWM") - was for one, was in zip(gateways, before, strict=True)]
    rows = {
        "upload": f"{sender.size / MIB:,.0f} MiB, {len(sender.twice)} "
        f"{'hard' if sender.hard else 'clean'} cuts, in {seconds[0]:.1f} s",
        "job made of it, with its hash": f"{seconds[1]:.2f} s",
        "SHA-256 is that of the file": str(job["media"]["sha256"] == digest.hexdigest()),
        "sent twice, in all": f"{sum(sender.twice) / MIB:.2f} MiB",
        "sent twice, most at one cut": f"{max(sender.twice) / MIB:.2f} MiB",
        "growth at peak, each gateway": ", ".join(f"{mib:+.2f} MiB" for mib in growth),
        "bytes written to storage": f"{sum(write_bytes(one.pid) for one in gateways) - written:,}",
        "deleted files held open": str(sum(held_files(one.pid) for one in gateways)),
    }
    print("\n| What | Figure |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--megabytes", type=int, default=500)
    arguments.add_argument("--cuts", type=int, default=20)
    arguments.add_argument(
        "--rate", type=float, default=25.0, help="MiB/s where cuts are hard; 0 for all that goes"
    )
    options = arguments.parse_args()
    for hard in (False, True):
        with (
            tempfile.TemporaryDirectory(prefix="df-") as folder,
            RedisServer(Path(folder)) as redis,
            large_gateway(redis.url) as one,
            large_gateway(redis.url) as two,
        ):
            run([one, two], options.megabytes, options.cuts, hard=hard, rate=options.rate)


def large_gateway(redis_url: str) -> AbstractContextManager[GatewayProcess]:
    """A gateway process that takes more than the usual 512 MiB."""
    return gateway_process(redis_url, max_upload_bytes=2**33, max_bytes_in_flight=2**33)


if __name__ == "__main__":
    main()
