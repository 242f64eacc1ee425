"""Ctrl-C and SIGTERM as requests that are counted."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_requests() -> Iterator[Callable[[], int]]:
    """Count Ctrl-C, SIGTERM and SIGHUP in place of being ended by them.

    The function that is given tells how many there were so far.
    """
    requests = 0

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal requests
        requests += 1

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield lambda: requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
