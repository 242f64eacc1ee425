"""The report as data, which is all that the page shows."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from api.report import words
from api.schemas import JobView
from core.store.records import Job, JobOptions


class Settings(BaseModel):
    """How the file was sampled."""

    frames: int
    sampling: str
    queue: str

    @classmethod
    def of(cls, job: Job) -> Settings:
        options: JobOptions = job.options
        return cls(frames=options.frames, sampling=str(options.sampling), queue=str(job.queue))


class Report(BaseModel):
    """A job with what people need in order to judge the judgement."""

    generated_at: datetime
    service_version: str
    verdict: str = Field(description="What was found, as a sentence.")
    figures: str = Field(description="The probability and its threshold, as a sentence.")
    reasons: list[str] = Field(description="Why it is inconclusive, as sentences.")
    error_rate: str = Field(description="How often such verdicts were wrong, as a sentence.")
    settings: Settings
    notes: list[str] = Field(description="What was assumed or left out, as sentences.")
    credentials: str = Field(description="What became of content credentials, as a sentence.")
    not_checked: list[str] = Field(description="What the verdict says nothing about.")
    commands: list[str] = Field(description="What repeats it; `FILE` stands for the file.")
    job: JobView

    @classmethod
    def of(cls, job: Job, view: JobView, *, version: str) -> Report:
        """Of a job that has succeeded, and so has a result."""
        result = view.result
        if result is None:
            raise ValueError(f"Job {job.id} is {job.status} and has no result to report on.")
        return cls(
            generated_at=datetime.now(UTC),
            service_version=version,
            verdict=words.verdict(result),
            figures=words.figures(result),
            reasons=[words.reason(code) for code in result.reasons],
            error_rate=words.error_rate(result),
            settings=Settings.of(job),
            notes=[words.note(code) for code in view.media.notes],
            credentials=words.credentials(view.provenance),
            not_checked=words.not_checked(view.media, result),
            commands=words.commands(view, job.options),
            job=view,
        )
