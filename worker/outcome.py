"""What there is to write about a job at its end."""

from __future__ import annotations

from typing import Any

from core.errors import DeepfakeError
from core.provenance import Provenance
from core.result import Result
from core.store.records import JobStatus, KeptEvidence
from worker.timeline import Timeline


class Outcome:
    """A job has failed until it is said to have succeeded or to be canceled."""

    def __init__(self, error: dict[str, Any] | None = None) -> None:
        self.status = JobStatus.FAILED
        self.result: dict[str, Any] | None = None
        self.error = error
        self.media_info: dict[str, Any] | None = None
        self.evidence: KeptEvidence | None = None
        self.provenance: dict[str, Any] | None = None
        self.judged: Result | None = None
        self.timeline = Timeline()

    def fail(self, error: dict[str, Any]) -> None:
        self.status, self.error = JobStatus.FAILED, error

    def note(self, code: str) -> None:
        """Add a note to the facts about the file, which are known already."""
        if self.media_info is not None:
            self.media_info["notes"].append(code)

    def tell_provenance(self, found: Provenance) -> None:
        """Note what the file says of its own origin, whatever becomes of the verdict."""
        self.provenance = found.to_json()

    def fields(self) -> dict[str, Any]:
        succeeded = self.status is JobStatus.SUCCEEDED
        return {
            "status": self.status,
            "result": self.result if succeeded else None,
            "error": self.error,
            "media_info": self.media_info,
            "provenance": self.provenance,
            "evidence": self.evidence if succeeded else None,
        }


def unexpected(reference: str) -> dict[str, Any]:
    """The error of a job that met a bug of ours; it leads to the entry in the log."""
    message = f"An unexpected error; the worker's log has it under {reference}."
    return {"code": DeepfakeError.code, "message": message, "retryable": False}
