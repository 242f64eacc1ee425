"""What one call costs its client and Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, TypeVar

from redis import Redis

SETTLE_S: Final = 0.0005  # until Redis has done what follows its answer
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of one call: on the client's clock, and of the processor of Redis."""

    client_ms: float
    redis_ms: float


class Meter:
    """Measures calls of one Redis; the kernel tells its processor time, so it is not asked."""

    def __init__(self, redis: Redis, loop: asyncio.AbstractEventLoop) -> None:
        server: Any = redis.info("server")
        self._clock = (~int(server["process_id"]) << 3) | 2  # that of another process
        self._loop = loop
        self._seen: list[Spent] = []

    def call(self, call: Callable[[], Answer]) -> Answer:
        before, began = time.clock_gettime(self._clock), time.perf_counter()
        answer = call()
        client_ms = 1000 * (time.perf_counter() - began)
        time.sleep(SETTLE_S)
        redis_ms = 1000 * (time.clock_gettime(self._clock) - before)
        self._seen.append(Spent(client_ms, redis_ms))
        return answer

    def wait(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The same for a coroutine."""

        async def awaited() -> Answer:
            return await call()

        return self.call(lambda: self._loop.run_until_complete(awaited()))

    def taken(self) -> list[Spent]:
        """All calls since this was asked last."""
        seen, self._seen = self._seen, []
        return seen


def medians(
    meter: Meter, acts: Mapping[str, Callable[[], object]], *, rounds: int, calls: int
) -> dict[str, Spent]:
    """Of each act, which measures one call: medians of rounds in turn, each of so many calls."""
    seen: dict[str, list[Spent]] = {name: [] for name in acts}
    for act in acts.values():
        act()  # its script is loaded
    for _ in range(rounds):
        for name, act in acts.items():
            meter.taken()
            for _ in range(calls):
                act()
            seen[name].append(_median(meter.taken()))
    return {name: _median(several) for name, several in seen.items()}


def _median(spent: Sequence[Spent]) -> Spent:
    return Spent(median(one.client_ms for one in spent), median(one.redis_ms for one in spent))
