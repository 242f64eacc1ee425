"""From the body of a request to a batch of queued jobs, or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from fastapi import Request

from api.gateway import Gateway
from api.http.problems import (
    BatchUnderWay,
    Forbidden,
    InvalidParameter,
    MalformedRequest,
    TooManyFiles,
)
from api.http.small_body import read_json
from api.schemas import BatchOptions, BatchReference
from api.upload.batch_body import BatchBody
from api.upload.batch_replay import MAX_JSON_BYTES, check_same_batch
from api.upload.intake import Intake
from api.upload.queueing import Caller, check_callback
from api.upload.reference import NO_URLS
from api.upload.submission import merge
from core.errors import BatchFinished, StoreUnavailable
from core.store.batches import Batch

URLS_AT_ONCE: Final = 4  # fetched at one time for one batch


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
                await intake.add(number, member)
                await member.skip()
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
