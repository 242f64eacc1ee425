"""Whoever waits is asked for the key again: one that has ended lets nobody wait on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from fastapi import Request

from api.gateway import Gateway, caller_of
from api.http.request_state import KEY
from api.waiting.watching import News, Watch
from core.errors import StoreError

CHECK_S: Final = 3.0  # between two looks at the key of one who waits


async def check_again(request: Request, gateway: Gateway) -> None:
    """Raises Unauthorized once the key of Redis with which the request came has ended.

    A Redis that is away says nothing of the key. Keys of a file end with the gateway.
    """
    if KEY in request.scope["state"]:
        with suppress(StoreError):
            await caller_of(request, gateway)


async def news_of(
    request: Request, gateway: Gateway, watch: Watch, within_s: float | None = None
) -> News | None:
    """What the watch hears within ``within_s``; None as :meth:`Watch.news` says.

    Raises Unauthorized within seconds of the end of the key.
    """
    if KEY not in request.scope["state"]:
        return await watch.news(within_s)
    clock = asyncio.get_running_loop().time
    deadline = None if within_s is None else clock() + within_s
    while True:
        left_s = CHECK_S if deadline is None else min(CHECK_S, deadline - clock())
        news = await watch.news(max(0.0, left_s))
        over = deadline is not None and clock() >= deadline
        if news is not None or over or gateway.watches.stopping:
            return news
        await check_again(request, gateway)
