"""What a key costs a gateway: polls without one, with one of a file, and with one of Redis.

Starts a real Redis and a gateway process for each kind, and asks them in turns, so that what else
the machine does falls on all alike. ``--before`` names a checkout of another version, whose
gateway takes part with a key of a file.

    python -m benchmarks.gateway_keys --rounds 8
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx

from api.access.auth import new_key
from benchmarks.gateway_processes import GatewayProcess, gateway_process
from core.scopes import USUAL_SCOPES
from core.store.api_keys import ApiKeyStore
from core.store.audit import Actor
from tests.redis_server import RedisServer

HEAD = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(1000)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=8)
    arguments.add_argument("--polls", type=int, default=300, help="in a round, of each kind")
    arguments.add_argument("--before", type=Path, help="a checkout of another version")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="df-") as folder, ExitStack() as stack:
        server = stack.enter_context(RedisServer(Path(folder)))
        kinds = {
            name: stack.enter_context(client)
            for name, client in clients(server, Path(folder) / "keys", options.before)
        }
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for number in range(options.rounds + 1):
            for name, (gateway, client) in kinds.items():
                figures = polls(gateway, client, options.polls)
                if number:  # the first round makes pools and caches
                    found[name].append(figures)
    print("| | CPU of the gateway, ms a poll | for the client, polls a second |\n|---|---|---|")
    for name, each in found.items():
        cpu, wall = zip(*each, strict=True)
        print(f"| {name} | {median(cpu):.3f} | {1e3 / median(wall):.0f} |")


Kind = tuple[GatewayProcess, httpx.Client]


def clients(
    server: RedisServer, file: Path, before: Path | None
) -> Iterator[tuple[str, AbstractContextManager[Kind]]]:
    """Every kind by its name, not started yet."""
    key = new_key("acme")
    file.write_text(key.entry)
    with server.client() as redis:
        kept = ApiKeyStore(redis).create("acme", USUAL_SCOPES, actor=Actor("bench", "here")).secret
    yield "no key", started(server.url, None)
    yield "a key of a file", started(server.url, key.secret, api_keys_file=file)
    yield "a key of Redis", started(server.url, kept, api_keys="redis")
    if before is not None:
        yield "a key of a file, before", started(server.url, key.secret, before, api_keys_file=file)


@contextmanager
def started(
    redis_url: str, secret: str | None, checkout: Path | None = None, **settings: object
) -> Iterator[Kind]:
    """One gateway and a client of it."""
    path = os.environ.get("PYTHONPATH", "")
    if checkout is not None:
        os.environ["PYTHONPATH"] = f"{checkout}:{checkout}/clients/python"
    with ExitStack() as stack:
        try:
            gateway = stack.enter_context(
                gateway_process(redis_url, ("-P", "-m", "api.main"), **settings)
            )
        finally:
            os.environ["PYTHONPATH"] = path
        headers = {} if secret is None else {"X-API-Key": secret}
        base = f"http://127.0.0.1:{gateway.port}"
        yield gateway, stack.enter_context(httpx.Client(base_url=base, headers=headers))


def polls(gateway: GatewayProcess, client: httpx.Client, count: int) -> tuple[float, float]:
    """Milliseconds of the gateway's processor time and of the client's time, for one poll."""
    made = client.post("/v1/jobs", content=HEAD)
    made.raise_for_status()
    path = made.json()["links"]["self"]
    began, used = time.perf_counter(), gateway.cpu_s()
    for _ in range(count):
        client.get(path).raise_for_status()
    spent, took = gateway.cpu_s() - used, time.perf_counter() - began
    client.delete(path).raise_for_status()
    return spent * 1e3 / count, took * 1e3 / count


if __name__ == "__main__":
    main()
