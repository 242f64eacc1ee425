"""Whether a tenant's limits are exact: 50 clients at once, over two gateway processes.

Starts a real Redis and two gateways with keys, and sends more than the tenant may have. Each
row says what the limit is and how much of it was let through.

    python -m benchmarks.tenant_limits --clients 50
"""

from __future__ import annotations

import argparse
import json
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from redis import Redis

from api.access.auth import new_key
from benchmarks.gateway_processes import MIB, gateway_process
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from tests.redis_server import RedisServer

HEAD = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"
RETRIED = ("too_many_uploads", "gateway_busy")  # a client with another limit in mind tries again


@dataclass(frozen=True, slots=True)
class Service:
    """Two gateways on one Redis, and the secrets of two tenants."""

    redis: Redis
    ports: tuple[int, ...]
    acme: str
    other: str


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--clients", type=int, default=50)
    clients = arguments.parse_args().clients
    print("| limit of one tenant | is | asked for | let through | another tenant meanwhile |")
    print("|---|---|---|---|---|")
    rates: dict[str, Any] = {"tenant_requests_per_minute": 300, "tenant_submissions_per_minute": 40}
    with service(max_uploads=400, **rates) as running:
        show(running, clients, "submissions in 60 s", 40, 2, submit)
        show(running, clients, "requests in 60 s", 300 - 2 * clients, 8, look)
    whole: dict[str, Any] = {
        "max_queued_jobs": 60,
        "max_bytes_in_flight": 40 * MIB,
        "max_upload_bytes": MIB,
    }
    with service(tenant_uploads=8, **whole) as running:
        show(running, clients, "jobs that wait", 30, 2, submit)
        show_running(running, clients, limit=5)
        empty(running)
        show(running, clients, "MiB in flight", 20, 2, submit_large)
        empty(running)
        show_uploads(running, clients, limit=8)


@contextmanager
def service(**settings: Any) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="df-") as folder, ExitStack() as stack:
        acme, other, keys = new_key("acme"), new_key("other"), Path(folder) / "keys"
        keys.write_text(f"{acme.entry}\n{other.entry}\n")
        server = stack.enter_context(RedisServer(Path(folder)))
        with ThreadPoolExecutor() as starters:  # together: they take seconds each
            started = starters.map(
                lambda _: stack.enter_context(
                    gateway_process(server.url, api_keys_file=keys, **settings)
                ),
                range(2),
            )
            ports = tuple(gateway.port for gateway in started)
        with server.client() as redis:
            yield Service(redis, ports, acme.secret, other.secret)


Ask = Callable[[int, str], str]


def look(port: int, secret: str) -> str:
    return answer(port, secret, "GET", "/v1/models", None)


def submit(port: int, secret: str, size: int = 1000) -> str:
    while (found := answer(port, secret, "POST", "/v1/jobs", HEAD.ljust(size, b"x"))) in RETRIED:
        time.sleep(0.05)
    return found


def submit_large(port: int, secret: str) -> str:
    return submit(port, secret, MIB)


def answer(port: int, secret: str, method: str, path: str, body: bytes | None) -> str:
    """The type of the problem, or the status where there was none."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, {"X-API-Key": secret})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status < 400:
        return str(response.status)
    return str(json.loads(text)["type"]).removeprefix("/problems/")


def show(running: Service, clients: int, what: str, limit: int, each: int, ask: Ask) -> None:
    """Each client asks so many times, in turns at both gateways, all of them at once."""
    together = threading.Barrier(clients)

    def client(number: int) -> list[str]:
        together.wait()
        ports = [running.ports[(number + turn) % len(running.ports)] for turn in range(each)]
        return [ask(port, running.acme) for port in ports]

    with ThreadPoolExecutor(clients) as pool:
        answers = Counter(one for each in pool.map(client, range(clients)) for one in each)
    let_through = sum(count for found, count in answers.items() if found.isdigit())
    theirs = ask(running.ports[0], running.other)
    print(f"| {what} | {limit} | {clients * each} | {let_through} | {theirs} |", flush=True)


def show_running(running: Service, clients: int, limit: int) -> None:
    attempts = Attempts(running.redis, tenant_running=limit)
    with ThreadPoolExecutor(clients) as pool:
        taken = [job for job in pool.map(lambda n: attempts.take(f"w{n}"), range(clients)) if job]
    tenants = Counter(job.tenant for job in taken)
    print(f"| jobs that run | {limit} | {clients} | {tenants['acme']} | {tenants['other']} runs |")


def show_uploads(running: Service, clients: int, limit: int) -> None:
    """Every client sends the first half of a file, and the rest ten seconds later."""
    blobs, body = RedisBlobStore(running.redis), HEAD.ljust(8000, b"x")
    sockets = [
        socket.create_connection(("127.0.0.1", running.ports[n % 2])) for n in range(clients)
    ]
    for connection in sockets:
        head = f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nX-API-Key: {running.acme}\r\n"
        connection.sendall(f"{head}Content-Length: 8000\r\n\r\n".encode() + body[:5000])
    most, until = 0, time.monotonic() + 10
    while time.monotonic() < until:
        most = max(most, blobs.account("acme").uploads)
        time.sleep(0.01)
    theirs = submit(running.ports[0], running.other)
    for connection in sockets:
        try:
            connection.sendall(body[5000:])
        except OSError:
            continue  # it was refused
    taken = Counter(status_of(connection) for connection in sockets)[202]
    through = f"{taken}, at most {most}"
    print(f"| uploads at one time | {limit} | {clients} | {through} | {theirs} |")


def status_of(connection: socket.socket) -> int:
    connection.settimeout(60)
    with connection:
        return int(connection.recv(4096).split(b" ")[1])


def empty(running: Service) -> None:
    running.redis.flushall()


if __name__ == "__main__":
    main()
