from __future__ import annotations

import asyncio
import threading

import pytest

from api import offload
from api.offload import Offload
from core.errors import JobNotFound, StoreUnavailable


def test_a_call_that_is_too_late_is_left_behind() -> None:
    async def run() -> None:
        calls, release = Offload(threads=1, limit_s=0.1), threading.Event()
        try:
            with pytest.raises(StoreUnavailable, match=r"within 0\.1 s"):
                await calls(release.wait)
        finally:
            release.set()
            await calls.close()

    asyncio.run(run())


@pytest.mark.parametrize("how", ["the request was canceled", "the call is too late"])
def test_a_place_is_taken_until_its_thread_is_done(how: str) -> None:
    at_once, most, lock, release = 0, 0, threading.Lock(), threading.Event()

    def blocked() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        release.wait(10)
        with lock:
            at_once -= 1

    async def run() -> None:
        calls = Offload(threads=2, limit_s=0.2 if how == "the call is too late" else 60)
        try:
            for _ in range(6):
                task = asyncio.ensure_future(calls(blocked))
                await asyncio.sleep(0.05)
                if how == "the request was canceled":
                    task.cancel()
                with pytest.raises((StoreUnavailable, asyncio.CancelledError)):
                    await task
            assert at_once == 2
        finally:
            release.set()
            await calls.close()

    asyncio.run(run())
    assert most == 2


def test_a_chore_is_tried_until_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offload, "RETRY_AFTER_S", (0.01,) * 5)
    tries, done = 0, threading.Event()

    def first() -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise StoreUnavailable("Redis is away.")
        raise JobNotFound("job_x")  # gone already: fine

    async def run() -> None:
        calls = Offload(threads=1, limit_s=1)
        calls.chore(first, done.set)
        await asyncio.to_thread(done.wait, 10)
        await calls.close()

    asyncio.run(run())
    assert (tries, done.is_set()) == (4, True)


def test_a_stop_does_not_wait_for_a_store_that_is_away() -> None:
    def away() -> None:
        raise StoreUnavailable("Redis is away.")

    async def run() -> None:
        calls = Offload(threads=1, limit_s=1)
        calls.chore(away)
        await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await calls.close()

    asyncio.run(run())
