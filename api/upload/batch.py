"""From the body of a request to a batch of queued jobs, or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Final

from fastapi import Request

from api.gateway import Gateway
from api.http.problems import (
    BatchUnderWay,
    Forbidden,
    InvalidParameter,
    MalformedRequest,
    RateLimited,
    TooManyFiles,
)
from api.http.small_body import read_json
from api.schemas import BatchOptions, BatchReference
from api.upload.batch_body import BatchBody
from api.upload.batch_replay import MAX_JSON_BYTES, check_same_batch
from api.upload.member import MAX_NAME, Member
from api.upload.patience import Patience
from api.upload.queueing import Caller, check_callback, check_queues
from api.upload.reference import NO_URLS
from api.upload.submission import FileBytes, merge, take
from core.errors import (
    BatchFinished,
    DeepfakeError,
    FileQuarantined,
    MediaError,
    QuotaError,
    StoreError,
    StoreUnavailable,
    UrlError,
)
from core.printable import printable
from core.store.batches import SENDING_S, Batch
from core.store.ids import new_id
from core.store.records import BatchPlace

URLS_AT_ONCE: Final = 4  # fetched at one time for one batch
# What is wrong with one file. Anything else is wrong with the request, and ends the batch.
_OF_ONE_FILE: Final = (
    MediaError,
    FileQuarantined,
    QuotaError,
    RateLimited,
    StoreError,
    UrlError,
)


class Intake:
    """A batch that takes files: each becomes a job, or an item that says why it did not."""

    def __init__(self, gateway: Gateway, caller: Caller, options: BatchOptions) -> None:
        self.id = new_id("batch")
        self._patience = Patience(gateway.store, gateway.settings.batch_patience_s)
        self._gateway = replace(gateway, store=self._patience)
        self._store = gateway.store
        self._caller = replace(caller, key=None)  # the key is of the batch, and not of each file
        # Its end is told once for all; the tenant's webhooks may hear of each job.
        self._options = options.model_copy(update={"callback_url": None})
        self._living: asyncio.Task[None] | None = None

    def live(self) -> None:
        """Say from now on that files still come, so that nobody takes the batch for abandoned."""
        self._living = asyncio.create_task(self._live_on())

    def end(self) -> None:
        """Say it no more."""
        if self._living is not None:
            self._living.cancel()

    async def _live_on(self) -> None:
        while True:
            await asyncio.sleep(SENDING_S / 4)
            with suppress(StoreError):
                await self._store(self._gateway.batches.sending, self.id)

    async def add(
        self, number: int, name: str, source: FileBytes, url_sha256: str | None = None
    ) -> None:
        """Store a file and queue its job, once there is room for it."""
        place = BatchPlace(self.id, number, name)
        try:
            await self._patience.insist_on(partial(check_queues, self._gateway))
            rates, tenant = self._gateway.rates, self._caller.tenant
            await self._patience.insist_on(partial(rates.submit_file, tenant))
            await take(
                self._gateway,
                self._caller,
                source,
                lambda: self._options,
                url_sha256=url_sha256,
                batch=place,
            )
            self._patience.restore()
        except BatchFinished as error:  # canceled meanwhile, and no more is to be sent
            await self.refuse(place, error)
            raise
        except _OF_ONE_FILE as error:
            await self.refuse(place, error)

    async def refuse(self, place: BatchPlace, error: DeepfakeError) -> None:
        """Note why a file got no job; a job that Redis made without our hearing of it stays."""
        await self._patience(self._gateway.batches.refuse, place, error)

    async def fetch(self, number: int, text: str) -> None:
        """Add the file at a URL."""
        place = BatchPlace(self.id, number, _file_name(text))
        try:
            url = self._gateway.fetcher.check(text)
            url_sha256 = sha256(str(url).encode()).hexdigest()
            async with self._gateway.fetcher.open(url) as remote:
                await self.add(number, place.name, remote, url_sha256)
        except UrlError as error:
            await self.refuse(place, error)


async def find_batch(
    request: Request, gateway: Gateway, caller: Caller, options: BatchOptions
) -> Batch | None:
    """The batch that the caller's idempotency key has made; its files are compared and forgotten.

    Raises BatchUnderWay while the request that makes it is not over, and IdempotencyConflict when
    this one holds other files or options. None for one whose gateway was lost: the same request
    makes it anew.
    """
    if caller.key is None:
        return None
    known = await gateway.store(gateway.batches.find_idempotent, caller.tenant, caller.key)
    if known is not None and known.abandoned:
        return None
    if known is not None and not known.complete:
        raise BatchUnderWay(known.id)
    if known is not None:
        with gateway.slots.take(caller.tenant):
            await check_same_batch(request, gateway, known, options)
    return known


async def submit_batch(
    request: Request, gateway: Gateway, caller: Caller, options: BatchOptions
) -> Batch:
    """Take all files of ``request``; the batch as it is when the last one has come.

    What is wrong with one file is noted, and the others go on. When the request itself is at
    fault, or its client goes away, the batch is deleted with the jobs that it has by then. One that
    is canceled meanwhile takes no more and stays: raises BatchFinished.
    """
    body = BatchBody(request, gateway.settings)
    with gateway.slots.take(caller.tenant):
        intake: Intake | None = None
        try:
            number = 0
            async for member in body:
                if intake is None:
                    intake = await _open(gateway, caller, merge(options, body.fields))
                if number == gateway.settings.max_batch_files:
                    raise TooManyFiles(limit=number)
                await _add(intake, number, member)
                number += 1
            if intake is None:
                raise InvalidParameter("file: The batch has no file; send at least one.")
            return await gateway.store(gateway.batches.complete, intake.id)
        except BaseException as error:
            if intake is not None:
                _break_off(gateway, caller, intake.id, error)
            raise
        finally:
            if intake is not None:
                intake.end()


async def _add(intake: Intake, number: int, member: Member) -> None:
    await intake.add(number, member.name, member)
    await member.skip()


async def submit_urls(
    request: Request, gateway: Gateway, caller: Caller, options: BatchOptions
) -> Batch:
    """The same for files that are fetched; some are fetched at one time, and keep their order."""
    given = await read_json(request, BatchReference, most=MAX_JSON_BYTES)
    chosen = {**options.model_dump(exclude_unset=True), **given.model_dump(exclude_unset=True)}
    urls = chosen.pop("urls")
    if not gateway.settings.fetches_urls:
        raise Forbidden(NO_URLS)
    if len(urls) > gateway.settings.max_batch_files:
        raise TooManyFiles(limit=gateway.settings.max_batch_files)
    places = asyncio.Semaphore(URLS_AT_ONCE)
    with gateway.slots.take(caller.tenant):
        merged = BatchOptions.model_validate(chosen)
        async with _opened(gateway, caller, merged) as intake:

            async def fetch(number: int, url: str) -> None:
                async with places:
                    if await request.is_disconnected():
                        raise MalformedRequest("The client went away before all was fetched.")
                    await intake.fetch(number, url)

            async with asyncio.TaskGroup() as group:
                for number, url in enumerate(urls):
                    group.create_task(fetch(number, url))
            return await gateway.store(gateway.batches.complete, intake.id)


@asynccontextmanager
async def _opened(gateway: Gateway, caller: Caller, options: BatchOptions) -> AsyncIterator[Intake]:
    intake = await _open(gateway, caller, options)
    try:
        yield intake
    except BaseExceptionGroup as group:
        _break_off(gateway, caller, intake.id, group.exceptions[0])
        raise group.exceptions[0] from group
    except BaseException as error:
        _break_off(gateway, caller, intake.id, error)
        raise
    finally:
        intake.end()


def _file_name(url: str) -> str:
    """The last part of its path: the URL itself is not kept, for it may hold a password."""
    path = url.partition("?")[0].partition("#")[0].partition("//")[2]
    return printable(path.partition("/")[2].rpartition("/")[2], MAX_NAME)


async def _open(gateway: Gateway, caller: Caller, options: BatchOptions) -> Intake:
    check_callback(gateway, options)
    intake = Intake(gateway, caller, options)
    wanted = (intake.id, caller.tenant, options.tag, options.callback_url, caller.key)
    try:
        opened = await gateway.store(gateway.batches.open, *wanted)
    except StoreUnavailable as error:  # Redis may have made it all the same
        _break_off(gateway, caller, intake.id, error)
        raise
    if opened != intake.id:  # another request with this key came first, a moment ago
        raise BatchUnderWay(opened)
    intake.live()
    return intake


def _break_off(gateway: Gateway, caller: Caller, batch_id: str, error: BaseException) -> None:
    if isinstance(error, BatchFinished):
        gateway.store.chore(partial(gateway.batches.complete, batch_id))
    else:
        gateway.store.chore(partial(gateway.batches.delete, batch_id, caller.tenant))
