"""How decoder children are started, and when they are replaced."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.cores import usable_cores

_ROOT = Path(__file__).resolve().parents[2]
_OWN_THREADS = 64  # of interpreter, codec and libraries, whatever the number for each


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """What all children of a pool have in common."""

    memory_bytes: int = 3 * 1024**3  # on top of what the libraries map: upload, frames, codec
    threads: int = field(default_factory=usable_cores)  # of each library in the child
    max_jobs: int = 200  # then a fresh one, whatever leaked goes with it
    max_resident_bytes: int = 1024**3  # after a job; a fresh child holds about 280 MB
    start_timeout_s: float = 60.0
    trust_anchors: Path | None = None  # certificates (PEM) of those whose credentials are trusted
    module: str = "worker.decoder"

    @property
    def max_threads(self) -> int:
        """A child with more is killed: no file needs them. With two cores it has 10 to 20."""
        return _OWN_THREADS + 8 * self.threads

    @property
    def command(self) -> list[str]:
        """-P: nothing is imported from the current directory."""
        arguments: list[object] = [os.getpid(), self.memory_bytes, self.threads]
        if self.trust_anchors is not None:
            arguments.append(self.trust_anchors.resolve())
        return [sys.executable, "-P", "-m", self.module, *map(str, arguments)]

    @property
    def environment(self) -> Mapping[str, str]:
        """All that a child sees of the worker's environment: nothing of it but the linker's."""
        threads = str(self.threads)
        own = {
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "MALLOC_ARENA_MAX": "2",  # each arena reserves 64 MB of the address space
        }
        linker = os.environ.get("LD_LIBRARY_PATH")
        return own if linker is None else {**own, "LD_LIBRARY_PATH": linker}
