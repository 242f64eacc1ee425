"""What a batch of a gigabyte costs the gateway: memory, time on a processor, and the disk.

Starts a real Redis and a real gateway process and streams one batch into it, as a form and as a ZIP
archive, while jobs are taken and ended as fast as they come, as by a worker that judges at once.
Then asks for the batch as a client that polls.

    python -m benchmarks.batches --files 200 --megabytes 5
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from redis import Redis

from benchmarks.gateway_processes import GatewayProcess, gateway_process
from core.store.attempts import Attempts
from core.store.records import JobStatus
from tests.api.gateway import MP4
from tests.redis_server import RedisServer

MIB = 1024**2
PATIENCE_S = 600  # of the client


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--files", type=int, default=200)
    arguments.add_argument("--megabytes", type=int, default=5, help="of each file")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        stop = threading.Event()
        worker = threading.Thread(target=judge_all, args=(server.client(), stop))
        worker.start()
        try:
            print("| Sent as | bytes | resident before | most | CPU | in | files written | poll |")
            for name, (kind, body) in BODIES.items():
                with gateway_process(server.url) as gateway:
                    print(f"| {name} | {measured(gateway, kind, body, options)} |")
        finally:
            stop.set()
            worker.join()


def measured(gateway: GatewayProcess, kind: str, body: Any, options: argparse.Namespace) -> str:
    """One batch, and a look at it."""
    base = f"http://127.0.0.1:{gateway.port}"
    with httpx.Client(base_url=base, timeout=PATIENCE_S) as client:
        client.post("/v1/batches", content=form(2, 1), headers={"Content-Type": FORM})
        before, cpu_s, began = gateway.resident_mib(), gateway.cpu_s(), time.monotonic()
        written = bytes_written(gateway.pid)
        sent = body(options.files, options.megabytes)
        batch = client.post("/v1/batches", content=sent, headers={"Content-Type": kind})
        batch.raise_for_status()
        took_s, cpu_s = time.monotonic() - began, gateway.cpu_s() - cpu_s
        total = batch.json()["counts"]["total"]
        assert total == options.files, total
        path = batch.json()["links"]["self"]
        poll_ms = median(timed(lambda: client.get(path)) for _ in range(50)) * 1000
    return (
        f"{options.files * options.megabytes * MIB:,} | {before:.0f} MiB "
        f"| {peak_mib(gateway.pid):.0f} MiB | {cpu_s:.1f} s | {took_s:.0f} s "
        f"| {bytes_written(gateway.pid) - written:,} bytes | {poll_ms:.1f} ms"
    )


FORM = "multipart/form-data; boundary=batch"


def form(files: int, megabytes: int) -> Iterator[bytes]:
    head = b'--batch\r\nContent-Disposition: form-data; name="file"; filename="x.mp4"\r\n\r\n'
    for number in range(files):
        yield head
        yield from film(number, megabytes)
        yield b"\r\n"
    yield b"--batch--\r\n"


def archive(files: int, megabytes: int) -> Iterator[bytes]:
    """Written as it is sent, so that this process does not hold it either."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for number in range(files):
            with made.open(f"{number}.mp4", "w") as entry:
                for chunk in film(number, megabytes):
                    entry.write(chunk)
                    yield pipe.taken()
    yield pipe.taken()


class Pipe(io.RawIOBase):
    """Holds what was written until it is taken."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def film(number: int, megabytes: int) -> Iterator[bytes]:
    """What looks like a film, another one for each number."""
    noise = os.urandom(MIB)
    yield MP4[:4096] + number.to_bytes(8) + noise[4104:]
    for _ in range(megabytes - 1):
        yield noise


BODIES: dict[str, tuple[str, Callable[[int, int], Iterator[bytes]]]] = {
    "a form": (FORM, form),
    "a ZIP archive": ("application/zip", archive),
}


def judge_all(redis: Redis, stop: threading.Event) -> None:
    attempts = Attempts(redis)
    while not stop.is_set():
        if (job := attempts.take("benchmark")) is None:
            time.sleep(0.01)
            continue
        result = {"verdict": "real", "frames": []}
        attempts.finish(job.id, job.attempt, status=JobStatus.SUCCEEDED, result=result)


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def peak_mib(pid: int) -> float:
    return _number(f"/proc/{pid}/status", "VmHWM:") / 1024


def bytes_written(pid: int) -> int:
    return _number(f"/proc/{pid}/io", "write_bytes:")


def _number(path: str, name: str) -> int:
    lines = Path(path).read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
