"""Record which system calls the decoder child makes for a file of every kind.

``python -m tests.worker.decoder.record_calls [PATTERN]`` prints a line a file: each call with
how often it was made, and each refused one with its error. Run it when a library, the kernel
or the C library changes, and compare with the list in :mod:`worker.decoder.system_calls`. It
needs ``strace`` (on Debian: ``apt-get install strace``) and the right to trace a child.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import DecoderError, MediaError
from core.evidence import ExtractOptions
from tests.credentials_factory import signed
from tests.media.matrix import forms
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


def record(decoder: Decoder, data: bytes) -> Counter[str]:
    """The calls of all threads while one file is decoded and its provenance is read.

    Raises when the child dies of it.
    """
    with TemporaryDirectory() as folder:
        log = Path(folder, "strace.log")
        with traced(decoder.pid, log), contextlib.suppress(MediaError):
            try:
                decoder.extract(
                    iter([data]), len(data), ExtractOptions(), deadline_s=300, keeps_media=True
                )
            finally:
                decoder.provenance()
        return calls(log)


def main(pattern: str = "*") -> int:
    """Record the files whose name matches ``pattern``."""
    signed_files = {
        f"signed-{name}": partial(signed, MEDIA[name](), media_type)
        for name, media_type in (("jpeg", "image/jpeg"), ("mp4-h264", "video/mp4"))
    }
    files: dict[str, Callable[[], bytes]] = {
        **MEDIA,
        **signed_files,
        **{form.name: form.build for form in forms()},
    }
    total: Counter[str] = Counter()
    decoder = Decoder.start(DecoderConfig())
    for name, make in files.items():
        if not fnmatch(name, pattern):
            continue
        try:
            found = record(decoder, make())
        except DecoderError as error:
            print(f"{name}: {error}")
            decoder.close()
            decoder = Decoder.start(DecoderConfig())
            continue
        total += found
        print(f"{name}: {_in_words(found)}")
    decoder.close()
    print(f"all: {_in_words(total)}")
    return 0


def _in_words(counted: Counter[str]) -> str:
    return " ".join(f"{call}:{count}" for call, count in counted.most_common())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
