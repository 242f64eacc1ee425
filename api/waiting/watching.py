"""What long polls and event streams wait for: one look at a job serves all who watch it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from api.service.load import Loads
from api.waiting.events import JobEvents, stop
from api.waiting.snapshot import Snapshot
from core.errors import JobNotFound, StoreError
from core.store.looks import JobLooks

logger = logging.getLogger(__name__)

GLANCE_S: Final = 0.5  # between two looks at the positions of those that wait, if any job moved
# And as much more for every position that had moved: telling it costs about half of this.
REST_S: Final = 0.001
# The second net under the events, for what no event tells of: an expired record, a lost event.
RECHECK_S: Final = 2.0
LOOKS_AT_ONCE: Final = 64  # records; about 5 ms in which the first of them waits for the last
GLANCES_AT_ONCE: Final = 500

News = Snapshot | JobNotFound


class Watch:
    """One client that waits for news of one job. It costs an event, and no thread."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self._news: News | None = None
        self._told = asyncio.Event()

    def tell(self, news: News | None) -> None:
        """Wake the client; what it has not heard yet is replaced: only the newest counts."""
        self._news = news
        self._told.set()

    async def news(self, within_s: float | None = None) -> News | None:
        """The job as it is after a change, or that it is gone.

        None when nothing came within ``within_s`` seconds, and when the gateway stops.
        """
        try:
            async with asyncio.timeout(within_s):
                await self._told.wait()
        except TimeoutError:
            return None
        self._told.clear()
        news, self._news = self._news, None
        return news


@dataclass(slots=True)
class _Watched:
    """A job, those who watch it, and what the last of them was told."""

    watches: set[Watch] = field(default_factory=set)
    token: str = ""


class Watches:
    """All who wait for jobs in this gateway.

    An event marks its job; marked jobs are read together, once for all who watch them. What no
    event tells of is found by a glance at all of them: their positions, twice a second after
    any job has moved, and everything else every ``RECHECK_S``.
    """

    def __init__(self, redis_url: str, events_key: str, looks: JobLooks, loads: Loads) -> None:
        self._looks = looks
        self._loads = loads
        self._events = JobEvents(
            redis_url, events_key, on_change=self._mark, on_gap=self._recheck_soon
        )
        self._watched: dict[str, _Watched] = {}
        self._marked: dict[str, None] = {}  # in the order in which they changed
        self._wake = asyncio.Event()
        self._moved = False
        self._recheck_at = 0.0
        self.stopping = False

    def __len__(self) -> int:
        return sum(len(watched.watches) for watched in self._watched.values())

    @contextmanager
    def watch(self, job_id: str) -> Iterator[Watch]:
        """Hear of every change of the job that comes after this call."""
        watch = Watch(job_id)
        watched = self._watched.setdefault(job_id, _Watched())
        watched.watches.add(watch)
        if self.stopping:
            watch.tell(None)
        try:
            yield watch
        finally:
            watched.watches.discard(watch)
            if not watched.watches:
                del self._watched[job_id]
                self._marked.pop(job_id, None)

    def seen(self, job_id: str, snapshot: Snapshot) -> None:
        """Note what a client has just read of a job that it watches, to spare it a look."""
        if (watched := self._watched.get(job_id)) and not watched.token:
            watched.token = snapshot.token

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear and look while the context lasts."""
        tasks = [asyncio.create_task(self._look_on()), asyncio.create_task(self._glance_on())]
        try:
            async with self._events.listening():
                yield
        finally:
            for task in tasks:
                await stop(task)

    def end(self) -> None:
        """The gateway stops: everybody who waits is told so, now and from now on."""
        if self.stopping:
            return
        self.stopping = True
        for watched in self._watched.values():
            for watch in watched.watches:
                watch.tell(None)

    def _mark(self, job_id: str) -> None:
        self._moved = True
        if job_id in self._watched:
            self._marked[job_id] = None
            self._wake.set()

    def _recheck_soon(self) -> None:
        self._recheck_at = 0.0

    async def _look_on(self) -> None:
        while True:
            await self._wake.wait()
            if not self._marked:
                self._wake.clear()
                continue
            job_ids = list(self._marked)[:LOOKS_AT_ONCE]
            for job_id in job_ids:
                del self._marked[job_id]
            try:
                await self._look(job_ids)
            except StoreError:  # whoever waits waits on; the gateway's other calls tell of it
                await asyncio.sleep(RECHECK_S)
                for job_id in job_ids:
                    self._mark(job_id)
            except Exception:
                logger.exception("Jobs that changed cannot be shown: %s", ", ".join(job_ids))

    async def _look(self, job_ids: list[str]) -> None:
        found = await self._looks.look(job_ids)
        alive = any(seen is not None and not seen[0].status.terminal for seen in found)
        load = await self._loads.now_if_known() if alive else None
        for job_id, seen in zip(job_ids, found, strict=True):
            watched = self._watched.get(job_id)
            if watched is None:
                continue
            news: News = JobNotFound(job_id) if seen is None else Snapshot.expected(*seen, load)
            watched.token = news.token if isinstance(news, Snapshot) else ""
            for watch in watched.watches:
                watch.tell(news)

    async def _glance_on(self) -> None:
        loop = asyncio.get_running_loop()
        found = 0
        while True:
            await asyncio.sleep(min(GLANCE_S, RECHECK_S) + found * REST_S)
            found = 0
            if loop.time() >= self._recheck_at:
                self._recheck_at = loop.time() + RECHECK_S
                job_ids = deque(self._watched)
            elif self._moved:
                job_ids = deque(self._waiting())
            else:
                continue
            self._moved = False
            try:
                while job_ids:
                    size = min(len(job_ids), GLANCES_AT_ONCE)
                    found += await self._glance([job_ids.popleft() for _ in range(size)])
            except StoreError:
                self._recheck_soon()
            except Exception:
                logger.exception("The jobs that clients watch cannot be rechecked")

    async def _glance(self, job_ids: list[str]) -> int:
        """Mark those of the jobs that are not as they were told; how many those are."""
        found = 0
        tokens = await self._looks.glance(job_ids)
        for job_id, token in zip(job_ids, tokens, strict=True):
            watched = self._watched.get(job_id)
            if watched is not None and watched.token != token:
                self._marked[job_id] = None
                found += 1
        if found:
            self._wake.set()
        return found

    def _waiting(self) -> Iterable[str]:
        """The jobs that have a position, which others move without an event of theirs."""
        return [job_id for job_id, seen in self._watched.items() if not seen.token.endswith(".0")]
