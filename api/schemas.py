"""What goes in and comes out, as the OpenAPI document shows it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from api.waiting.snapshot import Snapshot
from core.media.sniff import Kind
from core.options import DEFAULT_FRAMES, MAX_FRAMES, Queue, Sampling
from core.provenance import Provenance
from core.result import Failure, MediaFacts, Model, Result
from core.store.records import Job, JobStatus, KeptEvidence

Tag = Annotated[str, Field(min_length=1, max_length=64)]


class SubmitOptions(BaseModel):
    """Options of a submission, as query parameters or form fields."""

    model_config = ConfigDict(extra="forbid")

    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] | None = Field(
        None,
        description=f"Frames to judge; the server's default is {DEFAULT_FRAMES}.",
        examples=[DEFAULT_FRAMES],
    )
    sampling: Sampling | None = Field(
        None,
        description="`keyframes` takes the nearest keyframe (fast), `exact` the exact time.",
    )
    queue: Queue = Field(
        Queue.INTERACTIVE, description="`interactive` jobs are served before `batch` jobs."
    )
    evidence: bool = Field(
        False,
        description="Keep the frames that were judged and their heat maps for a while.",
    )
    callback_url: str | None = Field(
        None,
        min_length=1,
        max_length=2048,
        description="A URL that hears of the job's end, beside the webhooks of the tenant.",
        examples=["https://example.org/done"],
    )
    tag: list[Tag] = Field(
        default_factory=list, max_length=32, description="Labels of your own; repeat for several."
    )


class BatchOptions(SubmitOptions):
    """Options of all files of a batch."""

    queue: Queue = Field(
        Queue.BATCH, description="`interactive` jobs are served before `batch` jobs."
    )


class BatchReference(BatchOptions):
    """A batch whose files are fetched."""

    urls: list[Annotated[str, Field(max_length=2048)]] = Field(
        min_length=1,
        description="http or https URLs, of servers of the public Internet.",
        examples=[["https://example.com/a.mp4", "https://example.com/b.jpg"]],
    )


class FileReference(SubmitOptions):
    """A submission without the file: where to find it, and the options."""

    url: str | None = Field(
        None,
        max_length=2048,
        description="An http or https URL of the file, on a server of the public Internet.",
        examples=["https://example.com/clip.mp4"],
    )
    upload: str | None = Field(
        None,
        max_length=2048,
        description="Where a resumable upload is that has all its bytes: the `Location` it got.",
        examples=["/v1/uploads/upload_01JD8ZK3V5T8M2Q9W4R7X6Y1AB"],
    )


class Media(MediaFacts):
    """The upload, and what its decoder told of it."""

    sha256: str
    size: int = Field(description="Bytes.")
    deleted_at: datetime | None = None


class JobProgress(BaseModel):
    """How far the stage has come that the worker is in."""

    stage: str = Field(description="`decode` counts frames, `infer` face crops.")
    done: int
    total: int = Field(description="What was asked for; a short film may have fewer frames.")


class Links(BaseModel):
    """Where to go from here; what is not there has no link."""

    self: str
    cancel: str
    events: str
    report: str | None = Field(default=None, description="A page to read or print.")
    report_json: str | None = Field(default=None, description="The same as data.")
    frames: str | None = Field(
        default=None,
        description="Template of a JPEG; `{n}` is the position in `result.frames`, from 0.",
        examples=["/v1/jobs/job_…/frames/{n}.jpg"],
    )
    heatmaps: str | None = Field(
        default=None,
        description="Template of a transparent PNG, which covers `faces[i].crop` of frame `n`: red "
        "raises P(fake), blue lowers it. Null where the model has no maps.",
        examples=["/v1/jobs/job_…/frames/{n}/faces/{i}/heatmap.png"],
    )

    @model_serializer(mode="wrap")
    def _without_nulls(self, plain: SerializerFunctionWrapHandler) -> dict[str, str]:
        return {name: link for name, link in plain(self).items() if link is not None}

    @classmethod
    def of(cls, path: str, evidence: KeptEvidence | None) -> Links:
        """The links of a job at ``path``."""
        links = cls(self=path, cancel=f"{path}/cancel", events=f"{path}/events")
        if evidence is None:
            return links
        return cls(
            self=links.self,
            cancel=links.cancel,
            events=links.events,
            report=f"{path}/report.html",
            report_json=f"{path}/report.json",
            frames=f"{path}/frames/{{n}}.jpg",
            heatmaps=f"{path}/frames/{{n}}/faces/{{i}}/heatmap.png" if evidence.heatmaps else None,
        )


class Evidence(BaseModel):
    """Pictures that are there now."""

    expires_at: datetime
    frames: int = Field(description="Frames that were kept; a damaged one can be missing.")
    heatmaps: int = Field(description="Heat maps that were kept: one a face, or none.")
    heatmap_limit: float | None = Field(
        description="What a full colour of the heat maps adds to the logit of fake."
    )

    @classmethod
    def of(cls, kept: KeptEvidence) -> Evidence:
        """What the tenant sees of it."""
        return cls(
            expires_at=kept.expires_at,
            frames=kept.frames,
            heatmaps=kept.heatmaps,
            heatmap_limit=kept.heatmap_limit,
        )


class JobView(BaseModel):
    """One job. Its state is not its verdict: a job without a face has `succeeded`."""

    id: str
    status: JobStatus
    attempt: int
    queue: Queue
    queue_position: int | None = Field(description="1 is next; null when it does not wait.")
    jobs_ahead: int | None = Field(
        description="Jobs that run or are to be served before it; null when it does not wait."
    )
    eta_s: float | None = Field(
        description="Seconds until its end is expected, 0 when that is overdue; null when it has "
        "ended, no worker is alive, or nothing was measured yet. It changes without a new ETag."
    )
    stage: str | None = Field(description="What the worker does now.")
    progress: JobProgress | None = Field(description="Of the stage; null when it tells none.")
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    tags: list[str]
    cached: bool = Field(
        description="Whether the result was stored before: of the same bytes, options and model."
    )
    batch: str | None = Field(description="The id of the batch that it came in.")
    media: Media
    result: Result | None
    provenance: Provenance | None = Field(
        description="What the file says of its own origin, apart from the score; null until it is "
        "known, and for what is no readable file."
    )
    error: Failure | None
    evidence: Evidence | None = Field(
        description="Null where none was asked for, none is there yet, or it has expired."
    )
    links: Links

    @classmethod
    def of(cls, snapshot: Snapshot, root_path: str = "") -> JobView:
        """What the tenant sees of a job."""
        job = snapshot.job
        path = f"{root_path}/v1/jobs/{job.id}"
        return cls(
            id=job.id,
            status=job.status,
            attempt=job.attempt,
            queue=job.queue,
            queue_position=snapshot.queue_position,
            jobs_ahead=snapshot.jobs_ahead,
            eta_s=snapshot.eta_s,
            stage=job.stage,
            progress=JobProgress(**asdict(job.progress)) if job.progress is not None else None,
            cancel_requested=job.cancel_requested,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            expires_at=job.expires_at,
            tags=list(job.tags),
            cached=job.answered_by is not None,
            batch=job.batch.batch_id if job.batch is not None else None,
            media=media_of(job),
            result=Result.model_validate(job.result) if job.result is not None else None,
            provenance=Provenance.model_validate(job.provenance) if job.provenance else None,
            error=Failure.model_validate(job.error) if job.error is not None else None,
            evidence=Evidence.of(job.evidence) if job.evidence is not None else None,
            links=Links.of(path, job.evidence),
        )

    def without_result(self) -> JobView:
        """For a key that may submit and not read: what an idempotency key found again."""
        found = ("result", "provenance", "error", "evidence")
        return self.model_copy(update=dict.fromkeys(found))


def media_of(job: Job) -> Media:
    """The upload of a job, with what is known of it by now."""
    return Media.model_validate(
        {
            "kind": job.media.kind,
            "container": job.media.container,
            **(job.media_info or {}),
            "sha256": job.media.sha256,
            "size": job.media.size,
            "deleted_at": job.media_deleted_at,
        }
    )


class Problem(BaseModel):
    """RFC 9457 problem details; `type` is stable, `detail` is for people."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "/problems/too_large",
                "title": "The file is too large",
                "status": 413,
                "detail": "The file has at least 536,936,448 bytes; "
                "the limit is 536,870,912 bytes.",
                "instance": "/v1/jobs",
                "request_id": "5f2c9a0b1d3e4f60",
                "retryable": False,
            }
        },
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    retryable: bool


class LiveModel(Model):
    """A model that at least one live worker holds."""

    judges: list[Kind] = Field(
        description="The kinds of files that some of those workers have it judge. A worker may "
        "hold a model for images and another for videos."
    )
    workers: int
    concurrency: int = Field(description="Jobs that those workers take at one time.")


class Models(BaseModel):
    """Every model of every live worker; empty when there is none."""

    models: list[LiveModel]


class Check(BaseModel):
    """One part of readiness."""

    ok: bool
    detail: str


class Readiness(BaseModel):
    """Whether a job sent now would be judged, and what is missing."""

    ready: bool
    checks: dict[str, Check] | None = Field(None, description="Told with a key only.")


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
