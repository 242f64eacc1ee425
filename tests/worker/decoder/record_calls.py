"""Record which system calls the decoder child makes for a file of every kind.

``python -m tests.worker.decoder.record_calls`` prints a line a kind of file: each call with
how often it was made, and each refused one with its error. Run it when a library, the kernel
or the C library changes, and compare with the list in :mod:`worker.decoder.system_calls`. It
needs ``strace`` (on Debian: ``apt-get install strace``) and the right to trace a child.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import MediaError
from core.evidence import ExtractOptions
from tests.worker.media_factory import MEDIA
from worker.decoder.config import DecoderConfig
from worker.decoder.decoder import Decoder

_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(?: resumed>|\()")
_REFUSED = re.compile(r"= -1 (EPERM|EACCES|ENOSYS)\b")


@contextmanager
def traced(pid: int, log: Path) -> Iterator[None]:
    """Have every system call of every thread of a process written to ``log``."""
    command = ["strace", "-f", "-qq", "-e", "signal=none", "-o", str(log), "-p", str(pid)]
    with subprocess.Popen(command) as tracer:
        tasks = Path(f"/proc/{pid}/task")
        while not all(_is_traced(task) for task in tasks.iterdir()):
            if tracer.poll() is not None:
                raise RuntimeError(f"strace ended with code {tracer.returncode}")
            time.sleep(0.01)
        try:
            yield
        finally:
            tracer.terminate()


def _is_traced(task: Path) -> bool:
    return "TracerPid:\t0\n" not in (task / "status").read_text()


def calls(log: Path) -> Counter[str]:
    """How often each call stands in a log; refused ones as ``name=ERROR``."""
    counted: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        named = _CALL.match(line)
        if named is None or "<unfinished" in line:
            continue
        refused = _REFUSED.search(line)
        counted[f"{named[1]}={refused[1]}" if refused else named[1]] += 1
    return counted


def main() -> int:
    decoder = Decoder.start(DecoderConfig())
    total: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for name, make in MEDIA.items():
            data, log = make(), Path(folder, name)
            with traced(decoder.pid, log):
                try:
                    decoder.extract(iter([data]), len(data), ExtractOptions(), deadline_s=300)
                except MediaError as error:
                    print(f"{name}: {error}", file=sys.stderr)
            found = calls(log)
            total += found
            print(f"{name}:", " ".join(f"{call}:{count}" for call, count in found.most_common()))
    decoder.close()
    print("all:", " ".join(f"{call}:{count}" for call, count in total.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
