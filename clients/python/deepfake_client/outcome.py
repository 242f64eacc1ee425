"""What became of one file, and how the terminal shows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:
    from deepfake_client.job import Job

FAILED_EXIT_CODE = 2  # at least one file could not be judged
_COLOURS = {"fake": "red", "real": "green", "inconclusive": "yellow", "failed": "magenta"}
_WIDEST_NAME = 60


class Told(Protocol):
    """An error of the client or the service, or the failure that a job's document holds."""

    @property
    def code(self) -> str: ...

    @property
    def message(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file's result object, or the code and the message of its error; never both.

    ``media`` is the object of that name in the HTTP API: what the file is, how much of it was
    looked at, and what was not. ``provenance`` is what the file says of its own origin. ``links``
    lead to the evidence at a service, where some was kept.
    """

    file: str
    result: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    media: Mapping[str, Any] | None = None
    provenance: Mapping[str, Any] | None = None
    links: Mapping[str, str] | None = None

    @classmethod
    def of_job(cls, file: str, job: Job) -> Outcome:
        """What a job that has ended, or is not waited for, came to."""
        provenance = job.document.get("provenance")  # older services send none
        if job.result is not None:
            links = job.document.get("links") if job.document.get("evidence") else None
            result, media = job.document["result"], job.document.get("media")
            return cls(file, result=result, media=media, provenance=provenance, links=links)
        if job.error is not None:
            return cls.failed(file, job.error, provenance)
        told = f"Job {job.id} is {job.status}."
        return cls(file, error={"code": job.status, "message": told})

    @classmethod
    def failed(cls, file: str, error: Told, provenance: Mapping[str, Any] | None = None) -> Outcome:
        told = {"code": error.code, "message": error.message}
        return cls(file, error=told, provenance=provenance)

    def to_json(self) -> str:
        """One line of ``--json``."""
        told = {
            "result": self.result,
            "error": self.error,
            "media": self.media,
            "provenance": self.provenance,
            "links": self.links,
        }
        known = {name: value for name, value in told.items() if value is not None}
        return json.dumps({"file": self.file, **known})


class OutcomePrinter:
    """Writes one line a file to stdout: JSON, or the row of a table."""

    def __init__(self, files: Sequence[str], *, as_json: bool) -> None:
        longest = max((len(file) for file in files), default=0)
        self._width = min(max(longest, len("FILE")), _WIDEST_NAME)
        self._as_json = as_json
        self._total = len(files)
        self._done = 0
        self.failures = 0
        self._live = sys.stderr.isatty()

    def header(self) -> None:
        if not self._as_json:
            click.echo(self._row("FILE", "VERDICT", "P(FAKE)", "FACES", "WHY, OR HOW OFTEN WRONG"))
        self._show_progress()

    def print(self, outcome: Outcome) -> None:
        """Flushed at once: the next program in the pipe may be waiting for it."""
        self._hide_progress()
        self._done += 1
        self.failures += outcome.result is None
        click.echo(outcome.to_json() if self._as_json else self._table_row(outcome))
        self._show_progress()

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show the header and the count on a terminal; leave nothing of the count behind."""
        self.header()
        try:
            yield
        finally:
            self._hide_progress()

    def _table_row(self, outcome: Outcome) -> str:
        from deepfake_client.result import Thresholds  # pydantic, which --help does not need

        result = outcome.result
        if result is None:
            error = outcome.error or {}
            return self._row(outcome.file, "failed", "-", "-", error.get("message", ""))
        probability = result["fake_probability"]
        thresholds = Thresholds.model_validate(result["thresholds"])
        return self._row(
            outcome.file,
            result["verdict"],
            "-" if probability is None else thresholds.text(probability, 3),
            f"{result['frames_scored']}/{len(result['frames'])}",
            _remark(result),
        )

    def _row(self, file: str, verdict: str, probability: str, faces: str, why: str) -> str:
        if len(file) > self._width:
            file = f"…{file[1 - self._width :]}"
        label = click.style(f"{verdict:<12}", fg=_COLOURS.get(verdict), bold=verdict == "VERDICT")
        return f"{file:<{self._width}}  {label}  {probability:>7}  {faces:>5}  {why}".rstrip()

    def _show_progress(self) -> None:
        if self._live and self._done < self._total:
            click.echo(f"\r\x1b[K{self._done} of {self._total} files …", nl=False, err=True)

    def _hide_progress(self) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)


def _remark(result: Mapping[str, Any]) -> str:
    """Why there is no verdict, or how often verdicts like this one were wrong where that is known.

    Services older than ``expected_error`` do not send it.
    """
    from deepfake_client.result import ExpectedError

    if result["reasons"] or result.get("expected_error") is None:
        return ", ".join(result["reasons"])
    return ExpectedError.model_validate(result["expected_error"]).sentence()
