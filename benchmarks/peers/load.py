"""The load: a fixed number of clients, each of which sends when it has its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import httpx

from benchmarks.peers.asking import Ask

PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one system did in one round."""

    answers_s: tuple[float, ...]  # from the first byte of each film to its answer
    took_s: float  # from the first film to the last answer

    @property
    def per_minute(self) -> float:
        """Films a minute."""
        return 60 * len(self.answers_s) / self.took_s

    @property
    def answer_s(self) -> float:
        """The median time to an answer."""
        return median(self.answers_s)


async def closed_loop(ask: Ask, url: str, films: Sequence[bytes], *, clients: int) -> Round:
    """Send all films, ``clients`` at a time; what is refused or answered wrongly raises."""
    answers: list[float] = []
    left = iter(films)
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, limits=limits) as http:

        async def client() -> None:
            for film in left:
                sent = time.monotonic()
                await ask(http, film)
                answers.append(time.monotonic() - sent)

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())
        return Round(tuple(answers), time.monotonic() - began)
