"""What a job is, and how it lies in a Redis hash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from core.errors import DeepfakeError
from core.options import DEFAULT_FRAMES, Queue, Sampling
from core.store.formats import check_format
from core.store.ids import new_id

JsonObject = dict[str, Any]


class JobStatus(StrEnum):
    """``queued -> processing -> succeeded | failed | canceled``."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        """True when the job will never change again."""
        return self not in (JobStatus.QUEUED, JobStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class MediaRef:
    """The upload: where its bytes are, what they hash to, how many, what they looked like."""

    blob_id: str
    sha256: str
    size: int
    kind: str
    container: str


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the client asked for: how many frames, and ``keyframes`` or ``exact``."""

    frames: int = DEFAULT_FRAMES
    sampling: str = Sampling.KEYFRAMES
    evidence: bool = False  # keep the frames that were judged, and their heat maps


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """Where a job is in its batch: ``number`` counts the files from 0, ``name`` is the client's."""

    batch_id: str
    number: int
    name: str

    def to_fields(self) -> dict[str, str]:
        """As it lies in the record of the job."""
        return {"batch": self.batch_id, "batch_item": str(self.number), "batch_name": self.name}

    @classmethod
    def from_fields(cls, text: Mapping[str, str]) -> BatchPlace | None:
        """Read it back; None where the record has none."""
        if "batch" not in text:
            return None
        return cls(text["batch"], int(text["batch_item"]), text["batch_name"])


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """What is kept of a job beside its result: see :mod:`core.store.evidence`."""

    expires_at: datetime
    frames: int
    heatmaps: int
    heatmap_limit: float | None = None  # logits at which a colour of the heat maps is full

    def to_json(self) -> JsonObject:
        return {**asdict(self), "expires_at": round(self.expires_at.timestamp() * 1000)}

    @classmethod
    def from_json(cls, stored: JsonObject) -> KeptEvidence:
        """Read what a finished job holds, also of a newer version."""
        return cls(
            **{**known_fields(cls, stored), "expires_at": _to_utc(int(stored["expires_at"]))}
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage has come: frames for ``decode``, face crops for ``infer``."""

    stage: str
    done: int
    total: int  # at least ``done``; a film with fewer frames than were asked for never reaches it

    def to_text(self) -> str:
        """``done/total``, as it lies in the record beside the stage."""
        return f"{self.done}/{self.total}"

    @classmethod
    def from_text(cls, stage: str | None, text: str | None) -> Progress | None:
        """Read it back; None where the record has no stage or no progress."""
        if stage is None or text is None:
            return None
        done, _, total = text.partition("/")
        return cls(stage, int(done), int(total))


@dataclass(frozen=True, slots=True)
class Job:
    """One record as it was when it was read; times are UTC."""

    id: str
    tenant: str
    queue: Queue
    status: JobStatus
    attempt: int
    revision: int
    media: MediaRef
    options: JobOptions
    tags: tuple[str, ...]
    created_at: datetime
    callback_url: str | None = None  # hears of the end, beside the endpoints of the tenant
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    stage: str | None = None
    progress: Progress | None = None
    cancel_requested: bool = False
    runs_alone: bool = False  # a worker was lost while it was at work, so it may be the culprit
    result: JsonObject | None = None
    summary: JsonObject | None = None  # the result without its frames
    error: JsonObject | None = None
    media_info: JsonObject | None = None
    provenance: JsonObject | None = None
    media_deleted_at: datetime | None = None
    kept: KeptEvidence | None = None
    url_sha256: str | None = None  # of the URL that the file was fetched from, which is not kept
    traceparent: str | None = None  # of W3C Trace Context: what the worker's spans carry on
    answered_by: str | None = None  # the job whose result was copied
    batch: BatchPlace | None = None  # None for a job that is in no batch

    @property
    def evidence(self) -> KeptEvidence | None:
        """The pictures that are there now; None once they have expired."""
        alive = self.kept is not None and datetime.now(UTC) < self.kept.expires_at
        return self.kept if alive else None

    @classmethod
    def new(
        cls,
        *,
        media: MediaRef,
        tenant: str = "local",
        queue: Queue = Queue.INTERACTIVE,
        options: JobOptions | None = None,
        tags: tuple[str, ...] = (),
        url_sha256: str | None = None,
        traceparent: str | None = None,
        callback_url: str | None = None,
    ) -> Job:
        """A job that is not stored yet; the store sets its times by the clock of Redis."""
        return cls(
            id=new_id("job"),
            tenant=tenant,
            queue=queue,
            status=JobStatus.QUEUED,
            attempt=0,
            revision=0,
            media=media,
            options=options or JobOptions(),
            tags=tags,
            created_at=datetime.now(UTC),
            url_sha256=url_sha256,
            traceparent=traceparent,
            callback_url=callback_url,
        )

    def to_fields(self) -> dict[str, str]:
        """What the client chose, as fields of the hash; the scripts own all the rest."""
        from_url = {} if self.url_sha256 is None else {"url_sha256": self.url_sha256}
        return {
            "tenant": self.tenant,
            "queue": self.queue,
            "blob_id": self.media.blob_id,
            "sha256": self.media.sha256,
            "media": json.dumps(asdict(self.media)),
            "options": json.dumps(asdict(self.options)),
            "tags": json.dumps(self.tags),
            **from_url,
            **({} if self.batch is None else self.batch.to_fields()),
            **({} if self.traceparent is None else {"traceparent": self.traceparent}),
            **({} if self.callback_url is None else {"callback_url": self.callback_url}),
        }

    @classmethod
    def from_flat(cls, job_id: bytes | str, flat: Sequence[bytes]) -> Job:
        """Read what a script returns of a hash: its fields and values in turn."""
        name = job_id if isinstance(job_id, str) else job_id.decode()
        return cls.from_fields(name, dict(zip(flat[::2], flat[1::2], strict=True)))

    @classmethod
    def from_fields(cls, job_id: str, fields: Mapping[bytes, bytes]) -> Job:
        """Read a hash back, as HGETALL gives it; fields that this version does not know are
        left out. Raises RecordTooNew."""
        text = {name.decode(): value.decode() for name, value in fields.items()}
        check_format(f"job {job_id}", text.get("format"))
        return cls(
            id=job_id,
            tenant=text["tenant"],
            queue=Queue(text["queue"]),
            status=JobStatus(text["status"]),
            attempt=int(text["attempt"]),
            revision=int(text["revision"]),
            media=MediaRef(**known_fields(MediaRef, json.loads(text["media"]))),
            options=JobOptions(**known_fields(JobOptions, json.loads(text["options"]))),
            tags=tuple(json.loads(text["tags"])),
            created_at=_to_utc(int(text["created_at"])),
            callback_url=text.get("callback_url"),
            started_at=_instant(text.get("started_at")),
            finished_at=_instant(text.get("finished_at")),
            expires_at=_instant(text.get("expires_at")),
            stage=text.get("stage"),
            progress=Progress.from_text(text.get("stage"), text.get("progress")),
            cancel_requested=text.get("cancel_requested") == "1",
            runs_alone=text.get("alone") == "1",
            result=_object(text.get("result")),
            summary=_object(text.get("summary")),
            error=_object(text.get("error")),
            media_info=_object(text.get("media_info")),
            provenance=_object(text.get("provenance")),
            media_deleted_at=_instant(text.get("media_deleted_at")),
            kept=_kept(text.get("evidence")),
            url_sha256=text.get("url_sha256"),
            traceparent=text.get("traceparent"),
            answered_by=text.get("answered_by"),
            batch=BatchPlace.from_fields(text),
        )


@dataclass(frozen=True, slots=True)
class LeaseState:
    """Whether an attempt still owns its job, and whether it should stop."""

    held: bool
    cancel_requested: bool


@dataclass(frozen=True, slots=True)
class Reaped:
    """What became of a job whose worker was lost."""

    job_id: str
    action: str  # requeued, failed or canceled


@dataclass(frozen=True, slots=True)
class Counts:
    """Jobs that wait, per queue, and jobs that run."""

    queued: Mapping[str, int]
    processing: int


def known_fields(cls: type[Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the stored fields that the dataclass has.

    A record may have been written by a newer version, whose gateways and workers run beside
    this one during an upgrade; what it added is nothing that this version could act on.
    """
    return {field.name: stored[field.name] for field in fields(cls) if field.name in stored}


def error_object(error: DeepfakeError) -> JsonObject:
    """The ``error`` of a failed job, as the HTTP contract shows it."""
    return {"code": error.code, "message": error.message, "retryable": error.retryable}


def summary_of(result: JsonObject) -> JsonObject:
    """What lists and messages tell of a result: all but its frames and timings."""
    return {name: value for name, value in result.items() if name not in ("frames", "timings_ms")}


def _to_utc(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _instant(epoch_ms: str | None) -> datetime | None:
    return _to_utc(int(epoch_ms)) if epoch_ms else None


def _kept(text: str | None) -> KeptEvidence | None:
    return KeptEvidence.from_json(json.loads(text)) if text else None


def _object(text: str | None) -> JsonObject | None:
    return json.loads(text) if text else None
