"""A gateway in a process of its own, and what the kernel says that it used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1024**2


@dataclass(frozen=True, slots=True)
class GatewayProcess:
    """A gateway that answers on ``port`` of 127.0.0.1."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Seconds on a processor so far, of all threads, those that have ended among them."""
        clock = (~self.pid << 3) | 2  # the kernel's number for that of another process
        return time.clock_gettime(clock)

    def resident_mib(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise LookupError(f"/proc/{self.pid}/status has no VmRSS.")


@contextmanager
def gateway_process(
    redis_url: str, command: Sequence[str] = ("-m", "api.main"), **settings: object
) -> Iterator[GatewayProcess]:
    """Start one, wait until it answers, and stop it in the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {"redis_url": redis_url, "port": port, "log_level": "ERROR", **settings}
    environment = {f"DEEPFAKE_{name.upper()}": str(value) for name, value in given.items()}
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **environment})
    try:
        _await_ready(port)
        yield GatewayProcess(process.pid, port)
    finally:
        process.terminate()
        process.wait()


def _await_ready(port: int, limit_s: float = 300.0) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"The gateway did not start within {limit_s:g} s.")
