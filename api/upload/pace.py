"""The chunks of a body, as long as the client sends them fast enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.http.problems import MalformedRequest, UploadTimeout


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a client may send.

    Parameters
    ----------
    idle_s
        The longest wait for the next bytes, and the window over which the rate counts.
    least_bytes_s
        Bytes a second in each such window; a socket that only trickles keeps a slot for ever.
    limit_s
        The longest time for one whole body.
    """

    idle_s: float
    least_bytes_s: int
    limit_s: float


async def paced(request: Request, pace: Pace) -> AsyncIterator[bytes]:
    """The body of ``request``, chunk by chunk.

    Only the time spent waiting for the client counts towards its rate: a slow store is not
    its fault. Raises UploadTimeout, and MalformedRequest when the client goes away.
    """
    clock = asyncio.get_running_loop().time
    stream = aiter(request.stream())
    deadline = clock() + pace.limit_s
    waited_s, received = 0.0, 0
    while True:
        asked = clock()
        chunk = await _next_chunk(stream, pace, left_s=deadline - asked)
        if chunk is None:
            return
        waited_s += clock() - asked
        received += len(chunk)
        if waited_s >= pace.idle_s:
            _check_rate(received, waited_s, pace)
            waited_s, received = 0.0, 0
        yield chunk


async def _next_chunk(stream: AsyncIterator[bytes], pace: Pace, *, left_s: float) -> bytes | None:
    try:
        async with asyncio.timeout(min(pace.idle_s, left_s)):
            return await anext(stream, None)
    except ClientDisconnect as error:
        raise MalformedRequest("The client went away before its upload was over.") from error
    except TimeoutError as error:
        if left_s <= pace.idle_s:
            raise UploadTimeout(f"The upload took longer than {pace.limit_s:g} s.") from error
        raise UploadTimeout(f"No byte of the upload came for {pace.idle_s:g} s.") from error


def _check_rate(received: int, waited_s: float, pace: Pace) -> None:
    if received < pace.least_bytes_s * waited_s:
        raise UploadTimeout(
            f"Only {received:,} bytes of the upload came in {waited_s:.0f} s; "
            f"the least is {pace.least_bytes_s:,} bytes a second."
        )
