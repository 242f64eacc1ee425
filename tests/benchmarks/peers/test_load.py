from __future__ import annotations

import asyncio
from itertools import count

import httpx
import pytest

from benchmarks.peers.clips import numbered
from benchmarks.peers.load import closed_loop


def test_every_film_is_sent_once_and_never_more_at_a_time_than_there_are_clients() -> None:
    sent, under_way, most = list[bytes](), 0, 0

    async def ask(_http: httpx.AsyncClient, film: bytes) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        sent.append(film)
        under_way -= 1

    films = [bytes([number]) for number in range(7)]
    seen = asyncio.run(closed_loop(ask, "http://127.0.0.1", films, clients=3))
    assert (sorted(sent), most, len(seen.answers_s)) == (films, 3, 7)
    assert seen.per_minute == pytest.approx(60 * 7 / seen.took_s)


def test_an_answer_that_is_no_answer_ends_the_measurement() -> None:
    async def ask(_http: httpx.AsyncClient, _film: bytes) -> None:
        raise httpx.ReadError("gone")

    with pytest.raises(ExceptionGroup):
        asyncio.run(closed_loop(ask, "http://127.0.0.1", [b"film"], clients=1))


def test_the_same_film_is_ever_another_file() -> None:
    films = numbered(b"film", count())
    first, second = next(films), next(films)
    assert first != second
    assert first == b"film\x00\x00\x00\x14free000000000000"
