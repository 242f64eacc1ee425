"""Takes what is due from the outbox and sends it, many tries at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from core.errors import StoreError
from core.store.endpoints import EndpointStore
from core.store.outbox import Outbox, Parcel
from core.store.webhook_records import TEST_EVENT, DeliveryState, Try
from worker.webhooks.post import Answer
from worker.webhooks.schedule import pause_s

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0  # between two looks for what has become due, and for bells that got lost
TAKEN_AT_ONCE: Final = 16
SETTLE_TRIES: Final = 5
SETTLE_PAUSE_S: Final = 2.0


class Sender:
    """Runs in an event loop; :meth:`wake` and :meth:`stop` may be called in any thread."""

    def __init__(
        self,
        outbox: Outbox,
        endpoints: EndpointStore,
        post: Callable[[Parcel], Awaitable[Answer]],
        *,
        retries_s: Sequence[float],
        places: int,
        on_try: Callable[[Parcel, DeliveryState, Try], object] = lambda *_: None,
    ) -> None:
        self._outbox = outbox
        self._endpoints = endpoints
        self._post = post
        self._retries_s = retries_s
        self._places = places
        self._on_try = on_try
        self._tries: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._grace_s: float | None = None  # once it stops
        self._store_away = False

    def wake(self) -> None:
        """Look now."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Send until :meth:`stop`; a try that is cut off is made again when its lease ends."""
        self._loop = asyncio.get_running_loop()
        while self._grace_s is None:
            self._woken.clear()
            if not await self._begin():
                await self._rest()
        tries = list(self._tries)
        if tries:
            await asyncio.wait(tries, timeout=self._grace_s)
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)

    def stop(self, grace_s: float) -> None:
        """Take nothing more, and end within ``grace_s``."""
        self._grace_s = grace_s
        self.wake()

    async def _begin(self) -> bool:
        """Start what is due, as far as there are places; False when there was nothing."""
        free = min(self._places - len(self._tries), TAKEN_AT_ONCE)
        if free <= 0:
            return False
        try:
            parcels = await asyncio.to_thread(self._outbox.take, free)
        except StoreError as error:
            if not self._store_away:  # said once, not every second
                logger.warning("no webhooks can be sent: %s", error)
            self._store_away = True
            return False
        except Exception:  # whatever it is, the next look may go well
            logger.exception("no webhooks can be sent")
            return False
        self._store_away = False
        for parcel in parcels:
            task = asyncio.create_task(self._try(parcel))
            self._tries.add(task)
            task.add_done_callback(self._ended)
        return bool(parcels)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S):
                await self._woken.wait()
        except TimeoutError:
            return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tries.discard(task)
        self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a webhook is tried again when its lease ends", exc_info=error)

    async def _try(self, parcel: Parcel) -> None:
        if not parcel.signing.seed:
            made = await asyncio.to_thread(self._endpoints.signing, parcel.delivery.tenant)
            parcel = replace(parcel, signing=made)
        answer = await self._post(parcel)
        await self._settle(parcel, answer, Try(parcel.at, answer.ms, answer.status, answer.error))

    async def _settle(self, parcel: Parcel, answer: Answer, done: Try) -> None:
        delivery, state, pause = parcel.delivery, DeliveryState.DELIVERED, 0.0
        gone = parcel.url if answer.gone else ""
        if not answer.delivered:
            again = self._pause_s(parcel, answer)
            state = DeliveryState.FAILED if again is None else DeliveryState.WAITING
            pause = again or 0.0
            told = answer.error or f"status {answer.status}"
            if again is None:
                logger.warning(
                    "%s of %s is given up after %d tries: %s",
                    delivery.id, delivery.tenant, delivery.attempts, told,
                )  # fmt: skip
            else:
                logger.info("%s failed (%s); again in %.0f s", delivery.id, told, pause)
        self._on_try(parcel, state, done)
        for attempt in range(SETTLE_TRIES):
            try:
                await asyncio.to_thread(
                    self._outbox.settle, delivery, state, done, again_in_s=pause, gone=gone
                )
            except StoreError:
                if attempt == SETTLE_TRIES - 1:
                    raise
                await asyncio.sleep(SETTLE_PAUSE_S)
            else:
                return

    def _pause_s(self, parcel: Parcel, answer: Answer) -> float | None:
        if answer.gone or parcel.message.type == TEST_EVENT:
            return None
        return pause_s(self._retries_s, parcel.delivery.attempts, answer.retry_after_s)
