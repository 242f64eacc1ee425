"""Waiting for room: for as long as was said, however many wait together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from api.http.problems import RateLimited
from api.offload import Offload
from api.upload import patience as patience_module
from api.upload.patience import Patience
from core.errors import QueueFull


@pytest.fixture(autouse=True)
def looks_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "LOOK_S", 0.05)


def insist(limit_s: float, action: Callable[[], Awaitable[str]], waiters: int) -> list[object]:
    """What becomes of so many who wait with one patience."""

    async def run() -> list[object]:
        patience = Patience(Offload(threads=1, limit_s=1), limit_s)
        waiting = [patience.insist_on(action) for _ in range(waiters)]
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    return asyncio.run(run())


def test_four_who_wait_together_wait_as_long_as_one() -> None:
    async def full() -> str:
        raise QueueFull(queued=1, limit=1)

    began = time.monotonic()
    ended = insist(1.0, full, 4)
    assert all(isinstance(each, QueueFull) for each in ended)
    assert time.monotonic() - began >= 0.8


def test_room_in_a_rate_comes_by_itself_and_is_waited_for() -> None:
    refusals = [RateLimited(what="submissions", limit=2, window_s=60, retry_after_s=50)] * 8

    async def take() -> str:
        if refusals:
            raise refusals.pop()
        return "taken"

    assert insist(0.1, take, 1) == ["taken"]
