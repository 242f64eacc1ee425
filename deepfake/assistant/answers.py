"""What the tools answer: figures, and sentences that do not overstate them."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, Field

from api.report import words
from api.schemas import JobView
from core.result import ExpectedError, Label, Result

_FAILED = "The file could not be judged, so nothing is known about it: "


class Detection(BaseModel):
    """What was found in a file."""

    job: str = Field(description="For explain_result.")
    verdict: Label | None = Field(description="Null when the file could not be judged.")
    fake_probability: float | None = Field(
        description="0 to 1, that a face was generated or swapped; null when no face was scored."
    )
    confidence: float | None = Field(description="0 to 1, in the verdict.")
    expected_error: ExpectedError | None = Field(
        description="How often such verdicts were wrong on held-out files; null where unknown."
    )
    reasons: list[str] = Field(description="Why the verdict is inconclusive, in words.")
    sentence: str = Field(description="What may be said about the file, and no more.")

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The answer for a job that has ended."""
        job = JobView.model_validate(document)
        result = job.result
        if result is None:
            why = job.error.message if job.error is not None else f"its job is {job.status}."
            return cls(
                job=job.id, verdict=None, fake_probability=None, confidence=None,
                expected_error=None, reasons=[], sentence=f"{_FAILED}{why}",
            )  # fmt: skip
        return cls(
            job=job.id,
            verdict=result.verdict,
            fake_probability=result.fake_probability,
            confidence=result.confidence,
            expected_error=result.expected_error,
            reasons=[words.reason(code) for code in result.reasons],
            sentence=sentence(result),
        )


class FrameScore(BaseModel):
    """One frame that was judged, each face as a picture of its own."""

    timestamp_s: float
    fake_probability: float | None = Field(description="The highest of its faces.")
    faces: int


class Explanation(Detection):
    """The same with what it rests on, and what it leaves open."""

    figures: str
    frames: list[FrameScore] = Field(
        description="Scores of single frames do not decide on a video; the verdict is of all."
    )
    notes: list[str] = Field(description="About the file: what was assumed or left out.")
    not_checked: list[str] = Field(description="The verdict says nothing about these.")
    provenance: str = Field(description="What the file says of its own origin.")
    model: str
    report: str | None = Field(description="Path of a report at the service, while it is kept.")

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The explanation of a job that has ended."""
        job = JobView.model_validate(document)
        result = job.result
        told = {
            **Detection.of(document).model_dump(),
            "notes": [words.note(code) for code in job.media.notes],
            "provenance": words.credentials(job.provenance),
            "report": job.links.report,
        }
        if result is None:
            nothing = {"figures": "", "frames": [], "not_checked": ["Everything."], "model": ""}
            return cls.model_validate({**told, **nothing})
        judged = {
            "figures": words.figures(result),
            "frames": [
                FrameScore(
                    timestamp_s=frame.timestamp_s,
                    fake_probability=frame.fake_probability,
                    faces=len(frame.faces),
                )
                for frame in result.frames
            ],
            "not_checked": words.not_checked(job.media, result),
            "model": f"{result.model.name} {result.model.version} ({result.model.runtime})",
        }
        return cls.model_validate({**told, **judged})


def sentence(result: Result) -> str:
    """The verdict, its figures, its reasons and how often such a verdict is wrong."""
    reasons = " ".join(words.reason(code) for code in result.reasons)
    parts = (words.verdict(result), words.figures(result), reasons, words.error_rate(result))
    return " ".join(part for part in parts if part)
