"""Media that are encoded once for all the processes that share a run of the tests."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec

Arguments = ParamSpec("Arguments")

FOLDER = "TESTS_MADE_ONCE"  # the variable that names the folder of this run


@contextmanager
def shared_by_a_run() -> Iterator[None]:
    """A folder for what this process and its children make; it goes with the run."""
    with tempfile.TemporaryDirectory(prefix="df-made-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def made_once(make: Callable[Arguments, bytes]) -> Callable[Arguments, bytes]:
    """What ``make`` gave for the same arguments, in this process or in a neighbour of its run.

    Arguments are told apart by their ``repr``. Outside a run each process makes its own.
    """
    held: dict[str, bytes] = {}

    @wraps(make)
    def found(*args: Arguments.args, **kwargs: Arguments.kwargs) -> bytes:
        key = repr((make.__module__, make.__qualname__, args, sorted(kwargs.items())))
        if key not in held:
            held[key] = _of_the_run(key, lambda: make(*args, **kwargs))
        return held[key]

    return found


def _of_the_run(key: str, make: Callable[[], bytes]) -> bytes:
    """The bytes of that key; a neighbour that is about to make them is waited for."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return make()
    file = Path(folder, hashlib.sha256(key.encode()).hexdigest())
    with file.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            unfinished = file.with_suffix(".part")
            unfinished.write_bytes(make())
            unfinished.rename(file)
    return file.read_bytes()
