"""Proves that an upload passes the gateway in constant memory and touches no disk.

Starts a real Redis and a real gateway process, sends one large file with a valid MP4 head,
and prints the gateway's resident memory before, at its peak and after, what the kernel says
that it wrote, and the files where a spooling server would put one.

    python -m benchmarks.gateway_memory --megabytes 500 --form
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.redis_server import RedisServer

MIB = 1024**2
HEAD = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"
BOUNDARY = b"benchmark"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--megabytes", type=int, default=500)
    arguments.add_argument("--form", action="store_true", help="multipart instead of a raw body")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        empty = Path(folder) / "tmp"
        empty.mkdir()
        with RedisServer(Path(folder)) as redis, gateway(redis.url, empty) as (process, client):
            measure(process.pid, client, empty, options.megabytes, form=options.form)


@contextmanager
def gateway(
    redis_url: str, temporary: Path
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A gateway process whose only place for temporary files is ``temporary``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "TMPDIR": str(temporary),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DEEPFAKE_REDIS_URL": redis_url,
        "DEEPFAKE_PORT": str(port),
        "DEEPFAKE_MAX_UPLOAD_BYTES": str(2**33),
        "DEEPFAKE_MAX_BYTES_IN_FLIGHT": str(2**33),
        "DEEPFAKE_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen([sys.executable, "-m", "api.main"], env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as client:
            await_ready(client)
            yield process, client
    finally:
        process.terminate()
        process.wait()


def await_ready(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            client.get("/healthz")
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("The gateway did not start within 60 s.")


def measure(pid: int, client: httpx.Client, empty: Path, megabytes: int, *, form: bool) -> None:
    idle = status_mib(pid, "VmRSS")
    send(client, 1, form=form)  # makes the pools, and the buffers of one chunk
    before, written = status_mib(pid, "VmRSS"), write_bytes(pid)
    forget_peak(pid)
    began = time.monotonic()
    answer = send(client, megabytes, form=form)
    seconds = time.monotonic() - began
    answer.raise_for_status()
    peak = status_mib(pid, "VmHWM")
    rows = {
        "upload": f"{answer.json()['media']['size'] / MIB:,.0f} MiB, "
        f"{'multipart' if form else 'raw'}, in {seconds:.1f} s",
        "resident before any upload": f"{idle:.2f} MiB",
        "resident after 1 MiB": f"{before:.2f} MiB",
        "resident at peak (VmHWM)": f"{peak:.2f} MiB ({peak - idle:+.2f})",
        "resident after": f"{status_mib(pid, 'VmRSS'):.2f} MiB",
        "bytes written to storage": f"{write_bytes(pid) - written:,}",
        "files in TMPDIR": str(len(list(empty.iterdir()))),
        "deleted files held open": str(held_files(pid)),
    }
    for name, value in rows.items():
        print(f"| {name:28} | {value:36} |")


def send(client: httpx.Client, megabytes: int, *, form: bool) -> httpx.Response:
    if not form:
        return client.post("/v1/jobs", content=media(megabytes))
    content_type = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    return client.post(
        "/v1/jobs", content=wrapped(megabytes), headers={"Content-Type": content_type}
    )


def media(megabytes: int) -> Iterator[bytes]:
    yield HEAD + os.urandom(MIB - len(HEAD))
    filler = os.urandom(MIB)
    for _ in range(megabytes - 1):
        yield filler


def wrapped(megabytes: int) -> Iterator[bytes]:
    yield (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    )
    yield from media(megabytes)
    yield b"\r\n--" + BOUNDARY + b"--\r\n"


def forget_peak(pid: int) -> None:
    """Start the kernel's own high-water mark anew: sampling could miss a short peak."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def status_mib(pid: int, name: str) -> float:
    """``VmRSS`` (now) or ``VmHWM`` (peak) of /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"/proc/{pid}/status has no {name}.")


def write_bytes(pid: int) -> int:
    """What the process caused to be sent to the storage layer, as the kernel counts it."""
    counters = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(counters["write_bytes"])


def held_files(pid: int) -> int:
    """Unlinked files that are still open: where SpooledTemporaryFile would hide."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    return sum("(deleted)" in str(link.readlink()) for link in links if link.is_symlink())


if __name__ == "__main__":
    main()
