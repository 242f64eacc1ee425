"""Many files as one: a record that counts its jobs as they come, change and go.

The scripts that change a job count it anew in its batch, so that a look at a batch costs the same
however many files it has. Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from redis import Redis

from core.errors import BatchFinished, BatchNotFound, DeepfakeError, TooManyBatches
from core.result import Label
from core.store.connection import store_errors
from core.store.formats import check_format
from core.store.jobs import IDEMPOTENCY_TTL_MS, hashed
from core.store.keys import PREFIX, Key
from core.store.records import BatchPlace, JsonObject, error_object
from core.store.scripts import Scripts

SENDING_S: Final = 20.0  # after its last sign of life, a gateway that takes files is taken for lost
JOBS_AT_ONCE: Final = 100  # that one script cancels or deletes; a few milliseconds
STATES: Final = (
    "queued", "processing", "succeeded", "failed", "canceled", "deleted", "expired",
)  # fmt: skip


class BatchStatus(StrEnum):
    """``running`` until every file has ended."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIALLY_FAILED = "partially_failed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        """True when it will never change again."""
        return self is not BatchStatus.RUNNING


@dataclass(frozen=True, slots=True)
class Batch:
    """One record as it was when it was read; times are UTC."""

    id: str
    tenant: str
    status: BatchStatus
    complete: bool  # whether all its files have come
    cancel_requested: bool
    tags: tuple[str, ...]
    counts: Mapping[str, int]  # files by state
    verdicts: Mapping[str, int]  # of those that succeeded
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None
    sending_until: datetime | None = None  # older versions did not tell
    abandoned: bool = False  # the gateway that took its files was lost before the last one came

    @classmethod
    def from_flat(cls, batch_id: str, flat: Sequence[bytes]) -> Self:
        """Read a hash back, its fields and values in turn; raises RecordTooNew."""
        text = {n.decode(): v.decode() for n, v in zip(flat[::2], flat[1::2], strict=True)}
        check_format(f"batch {batch_id}", text.get("format"))
        return cls(
            id=batch_id,
            tenant=text["tenant"],
            status=BatchStatus(text["status"]),
            complete=text["complete"] == "1",
            cancel_requested=text.get("cancel_requested") == "1",
            tags=tuple(json.loads(text["tags"])),
            counts={state: int(text.get(state, 0)) for state in STATES},
            verdicts={label: int(text.get(f"verdict:{label}", 0)) for label in Label},
            created_at=_to_utc(text["created_at"]),
            expires_at=_to_utc(text["expires_at"]),
            finished_at=_to_utc(text["finished_at"]) if "finished_at" in text else None,
            sending_until=_to_utc(text["sending_until"]) if "sending_until" in text else None,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a batch: the job that was made for it, or the error for which there is none."""

    number: int
    name: str
    job_id: str | None
    error: JsonObject | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Some batches, and the place in the list where the next page begins; None at the end."""

    batches: Sequence[Batch]
    next: int | None


class BatchStore:
    """Batches by id. ``ttl_s`` is their life after the last change of one of their jobs.

    The request that brings the files of a batch takes ``open_s`` at the most. A batch that is open
    after that was left by its gateway: it takes no more files from the next look on.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        ttl_s: float = 24 * 3600.0,
        most: int = 1000,
        open_s: float | None = None,
        prefix: str = PREFIX,
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._ttl_ms = int(ttl_s * 1000)
        self._most = most
        self._open_s = open_s
        self._prefix = prefix
        verbs = ("open", "sending", "refuse", "complete", "cancel", "delete", "list")
        self._run = Scripts(redis, "batch", verbs, prefix=prefix)

    def open(
        self,
        batch_id: str,
        tenant: str,
        tags: Sequence[str] = (),
        callback_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Begin a batch that takes files; raises TooManyBatches. Returns its id.

        It is another one where the tenant used the key within 24 h and that batch is still there;
        one that was abandoned is deleted with its jobs, and this one takes its place.

        ``callback_url`` hears of its end, beside the tenant's webhooks. A job joins it when it is
        created with a :class:`~core.store.records.BatchPlace`.
        """
        tags_json = json.dumps(list(tags))
        key = "" if idempotency_key is None else hashed(tenant, f"batch {idempotency_key}")
        arguments = (self._ttl_ms, self._most, tags_json, callback_url or "", key)
        times = (IDEMPOTENCY_TTL_MS, int(SENDING_S * 1000))
        answer = self._run("open", batch_id, tenant, *arguments, *times)
        while answer[0] == b"abandoned":
            with suppress(BatchNotFound):
                self.delete(answer[1].decode(), tenant)
            answer = self._run("open", batch_id, tenant, *arguments, *times)
        if answer[0] == b"full":
            raise TooManyBatches(used=int(answer[1]), limit=self._most)
        return batch_id if answer[0] == b"opened" else answer[1].decode()

    def sending(self, batch_id: str) -> bool:
        """Say that its files still come; False when it is gone or complete."""
        return bool(self._run("sending", batch_id, int(SENDING_S * 1000)))

    def find_idempotent(self, tenant: str, idempotency_key: str) -> Batch | None:
        """The batch that the tenant began with this key within 24 h, if it is still there."""
        key = hashed(tenant, f"batch {idempotency_key}")
        with store_errors():
            found: bytes | None = self._redis.get(Key.IDEMPOTENCY.at(key, prefix=self._prefix))
        try:
            return None if found is None else self.get(found.decode(), tenant)
        except BatchNotFound:
            return None

    def refuse(self, place: BatchPlace, error: DeepfakeError) -> None:
        """Note a file that no job is made for: it counts as failed. Raises BatchNotFound.

        Where its job was made though nobody heard of it, that job stays the file's only record.
        """
        item = json.dumps({"name": place.name, "error": error_object(error)})
        if not self._run("refuse", place.batch_id, place.number, item):
            raise BatchNotFound(place.batch_id)

    def complete(self, batch_id: str) -> Batch:
        """Say that no more files will come; raises BatchNotFound."""
        if not (flat := self._run("complete", batch_id)):
            raise BatchNotFound(batch_id)
        return Batch.from_flat(batch_id, flat)

    @store_errors()
    def get(self, batch_id: str, tenant: str) -> Batch:
        """The record; raises BatchNotFound, also when it is another tenant's."""
        with self._redis.pipeline(transaction=False) as both:
            both.hgetall(Key.BATCH.at(batch_id, prefix=self._prefix))
            both.time()  # the clock of this gateway may be another one
            fields, (seconds, _) = both.execute()
        if fields.get(b"tenant", b"").decode() != tenant:
            raise BatchNotFound(batch_id)
        batch = Batch.from_flat(batch_id, [part for pair in fields.items() for part in pair])
        now, until = datetime.fromtimestamp(seconds, UTC), batch.sending_until
        if self._was_left(batch, now):
            return self.complete(batch_id)
        over = until is not None and now >= until
        return replace(batch, abandoned=over and not batch.complete)

    def _was_left(self, batch: Batch, now: datetime) -> bool:
        if batch.complete or self._open_s is None:
            return False
        return (now - batch.created_at).total_seconds() > self._open_s

    @store_errors()
    def numbers(self, batch_id: str) -> list[int]:
        """Of the files that have come, in their order."""
        key = Key.BATCH_ITEMS.at(batch_id, prefix=self._prefix)
        return sorted(map(int, self._redis.hkeys(key)))

    @store_errors()
    def items(self, batch_id: str, numbers: Sequence[int]) -> list[Item]:
        """Those of the files that are there, in the order of ``numbers``."""
        key = Key.BATCH_ITEMS.at(batch_id, prefix=self._prefix)
        stored = zip(numbers, self._redis.hmget(key, list(numbers)), strict=True)
        return [_item(number, text) for number, text in stored if text is not None]

    def cancel(self, batch_id: str, tenant: str) -> Batch:
        """Cancel every job that has not ended; raises BatchNotFound and BatchFinished."""
        first = 0
        while True:
            answer = self._run("cancel", batch_id, tenant, self._ttl_ms, first, JOBS_AT_ONCE)
            if not answer:
                raise BatchNotFound(batch_id)
            if answer[0] != b"running" and first == 0:
                raise BatchFinished(batch_id)
            first += JOBS_AT_ONCE
            if first >= int(answer[1]):
                return self.get(batch_id, tenant)

    def delete(self, batch_id: str, tenant: str) -> None:
        """Remove the batch with all its jobs; raises BatchNotFound.

        The record goes last, so that a call that was cut off can be repeated.
        """
        while (left := self._run("delete", batch_id, tenant, JOBS_AT_ONCE)) == 1:
            pass
        if left == -1:
            raise BatchNotFound(batch_id)

    def page(self, tenant: str, *, after: int | None = None, limit: int = 20) -> BatchPage:
        """Batches that were begun before the one at ``after``, the newest first."""
        start = "+inf" if after is None else f"({after}"
        place, found = self._run("list", tenant, start, limit)
        batches = [Batch.from_flat(batch_id.decode(), flat) for batch_id, flat in found]
        return BatchPage(batches, int(place.removeprefix(b"(")) if place else None)


def _item(number: int, text: bytes) -> Item:
    stored = json.loads(text)
    return Item(number, stored["name"], stored.get("job"), stored.get("error"))


def _to_utc(epoch_ms: str) -> datetime:
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)
