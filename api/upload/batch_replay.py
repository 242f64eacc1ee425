"""A request whose idempotency key has made a batch already: the same request, or another one."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import Final

from fastapi import Request

from api.gateway import Gateway
from api.http.problems import IdempotencyConflict
from api.http.small_body import read_json
from api.schemas import BatchOptions, BatchReference
from api.upload.batch_body import BatchBody
from api.upload.body import declared_length, media_type_of
from api.upload.replay import differs
from api.upload.submission import merge
from core.store.batches import Batch, Item
from core.store.records import Job

MAX_JSON_BYTES: Final = 4 * 1024**2


async def check_same_batch(
    request: Request, gateway: Gateway, known: Batch, options: BatchOptions
) -> None:
    """Read the body, which is not stored; an empty one asks for the batch of the key alone.

    Raises IdempotencyConflict when it holds other files or options than ``known``. A file that got
    no job, or whose job is gone, is counted and not compared.
    """
    if not declared_length(request) and "transfer-encoding" not in request.headers:
        return
    replay = _Replay(gateway, known)
    if media_type_of(request) == "application/json":
        given = await read_json(request, BatchReference, most=MAX_JSON_BYTES)
        chosen = {**options.model_dump(exclude_unset=True), **given.model_dump(exclude_unset=True)}
        urls = chosen.pop("urls")
        replay.options = BatchOptions.model_validate(chosen)
        for number, url in enumerate(urls):
            await replay.check(number, url=url)
        replay.end(len(urls))
        return
    body, numbers = BatchBody(request, gateway.settings), count()
    async for member in body:
        replay.options = replay.options or merge(options, body.fields)
        digest = sha256()
        async for chunk in member:
            digest.update(chunk)
        await replay.check(next(numbers), file_sha256=digest.hexdigest())
    replay.end(next(numbers))


class _Replay:
    """The files of a batch, against those that are sent once more."""

    def __init__(self, gateway: Gateway, known: Batch) -> None:
        self._gateway = gateway
        self._known = known
        self.options: BatchOptions | None = None

    async def check(
        self, number: int, *, file_sha256: str | None = None, url: str | None = None
    ) -> None:
        """A file with its hash, or the URL of one."""
        found: list[Item] = await self._gateway.store(
            self._gateway.batches.items, self._known.id, [number]
        )
        if not found:
            raise self._conflict()
        if found[0].job_id is None:
            return
        (seen,) = await self._gateway.looks.look([found[0].job_id])
        if seen is not None:
            self._compare(seen[0], file_sha256, url)

    def _compare(self, job: Job, file_sha256: str | None, url: str | None) -> None:
        if url is None:
            same = job.media.sha256 == file_sha256
        else:
            same = job.url_sha256 == self._gateway.fetcher.url_sha256(url)
        # Its end is told for the whole batch, so no file has a callback of its own.
        options = self.options and self.options.model_copy(update={"callback_url": None})
        if not same or (options and differs(job, options, self._gateway.settings)):
            raise self._conflict()

    def end(self, files: int) -> None:
        """So many have come in all."""
        if files != sum(self._known.counts.values()):
            raise self._conflict()

    def _conflict(self) -> IdempotencyConflict:
        return IdempotencyConflict(
            f"The Idempotency-Key was used within 24 h for batch {self._known.id}, which has other "
            "files or other options; use a new key."
        )
