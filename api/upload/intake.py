"""The files of a batch, as they are taken one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Final

from api.gateway import Gateway
from api.http.problems import RateLimited
from api.schemas import BatchOptions
from api.upload.member import MAX_NAME, Member
from api.upload.patience import Patience
from api.upload.queueing import Caller, check_queues
from api.upload.submission import FileBytes, take
from core.errors import (
    BatchFinished,
    FileQuarantined,
    MediaError,
    QuotaError,
    StoreError,
    UrlError,
)
from core.printable import printable
from core.store.batches import SENDING_S
from core.store.ids import new_id
from core.store.records import BatchPlace

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
        self._patience = Patience(gateway.store, gateway.settings.room_patience_s)
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

    async def add(self, number: int, member: Member) -> None:
        """Store a file and queue its job, once there is room for it."""
        place = BatchPlace(self.id, number, member.name)
        async with self._one_file(place):
            await self._room()
            await self._take(place, member)

    async def fetch(self, number: int, text: str) -> None:
        """The same for the file at a URL, of which nothing is asked before there is room."""
        place = BatchPlace(self.id, number, _file_name(text))
        async with self._one_file(place):
            url = self._gateway.fetcher.check(text)
            await self._room()
            async with self._gateway.fetcher.open(url) as remote:
                await self._take(place, remote, sha256(str(url).encode()).hexdigest())

    @asynccontextmanager
    async def _one_file(self, place: BatchPlace) -> AsyncIterator[None]:
        """Note why a file gets no job; a job that Redis made without our hearing of it stays."""
        try:
            yield
            self._patience.restore()
        except BatchFinished as error:  # canceled meanwhile, and no more is to be sent
            await self._patience(self._gateway.batches.refuse, place, error)
            raise
        except _OF_ONE_FILE as error:
            await self._patience(self._gateway.batches.refuse, place, error)

    async def _room(self) -> None:
        await self._patience.insist_on(partial(check_queues, self._gateway))
        rates, tenant = self._gateway.rates, self._caller.tenant
        await self._patience.insist_on(partial(rates.submit_file, tenant))

    async def _take(
        self, place: BatchPlace, source: FileBytes, url_sha256: str | None = None
    ) -> None:
        await take(
            self._gateway,
            self._caller,
            source,
            lambda: self._options,
            url_sha256=url_sha256,
            batch=place,
        )


def _file_name(url: str) -> str:
    """The last part of its path: the URL itself is not kept, for it may hold a password."""
    path = url.partition("?")[0].partition("#")[0].partition("//")[2]
    return printable(path.partition("/")[2].rpartition("/")[2], MAX_NAME)
