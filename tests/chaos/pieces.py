"""A file as a resumable upload (tus 1.0): in pieces at all gateways in turn, then as a job."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx

from tests.chaos.insist import Insister, pause_of

PIECES: Final = 4
TUS: Final = {"Tus-Resumable": "1.0.0"}
BODY: Final = "application/offset+octet-stream"
GONE: Final = (404, 410)


async def submit_in_pieces(
    ask: Insister, number: int, body: bytes, options: Mapping[str, object], key: str
) -> httpx.Response:
    """The answer that accepts or refuses the job.

    An upload whose beginning got no answer is begun anew, and so is one that is gone before it has
    a job. The job has an Idempotency-Key, so that a lost answer makes no second one.
    """
    while True:
        path = await _begin(ask, number, len(body))
        if not await _send(ask, number, path, body):
            continue
        answer = await ask.insist(
            number,
            "POST",
            "/v1/jobs",
            json={**options, "upload": path},
            headers={"Idempotency-Key": key},
        )
        if answer.status_code not in GONE:
            return answer


async def _begin(ask: Insister, number: int, length: int) -> str:
    headers = {**TUS, "Upload-Length": str(length)}
    answer = await ask.insist(number, "POST", "/v1/uploads", headers=headers)
    return str(answer.headers["Location"])


async def _send(ask: Insister, number: int, path: str, body: bytes) -> bool:
    """Append until all is there; False when the upload is gone."""
    offset, size, turn = 0, -(-len(body) // PIECES), ask.draw.randrange(2)
    while offset < len(body):
        turn += 1
        headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": BODY}
        piece = body[offset : offset + size]
        answer = await ask.once(number, "PATCH", path, turn, body=piece, headers=headers)
        if answer is not None and answer.status_code == httpx.codes.NO_CONTENT:
            offset = int(answer.headers["Upload-Offset"])
            continue
        if answer is not None and answer.status_code in GONE:
            return False
        await asyncio.sleep(pause_of(answer, ask.draw))
        stands = await ask.insist(number, "HEAD", path, headers=TUS)
        if stands.status_code in GONE:
            return False
        offset = int(stands.headers["Upload-Offset"])
    return True
