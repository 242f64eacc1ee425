"""The heartbeat thread must outlive everything."""

from __future__ import annotations

import logging
import threading

import pytest

from core.errors import StoreUnavailable
from worker.periodic import Periodic


def run_until(count: int, action: object) -> list[int]:
    calls: list[int] = []
    enough = threading.Event()

    def counted() -> None:
        calls.append(len(calls))
        if len(calls) >= count:
            enough.set()
        action()  # type: ignore[operator]

    periodic = Periodic("test", 0.001, counted, jitter=0.5)
    periodic.start()
    assert enough.wait(20)
    periodic.stop()
    return calls


def test_it_goes_on_after_any_error(caplog: pytest.LogCaptureFixture) -> None:
    def action() -> None:
        raise RuntimeError("a bug")

    run_until(3, action)
    assert caplog.text.count("RuntimeError: a bug") >= 2


def test_a_missing_redis_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def action() -> None:
        raise StoreUnavailable("Redis cannot be reached.")

    with caplog.at_level(logging.WARNING):
        run_until(5, action)
    assert caplog.text.count("Redis cannot be reached.") == 1


def test_it_does_nothing_after_it_was_stopped() -> None:
    calls: list[int] = []
    periodic = Periodic("test", 0.001, lambda: calls.append(1))
    periodic.start()
    periodic.stop()
    count = len(calls)
    assert not threading.Event().wait(0.05)
    assert len(calls) == count
