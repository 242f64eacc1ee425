"""A job at a service, as it was when it was last asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepfake_client.errors import ApiError
from deepfake_client.provenance import Provenance
from deepfake_client.result import Failure, Label, MediaFacts, Model, Probability, Result

TERMINAL: Final = frozenset({"succeeded", "failed", "canceled"})
M = TypeVar("M", bound=BaseModel)


class Finding(BaseModel):
    """A result without its frames, as lists have it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    verdict: Label
    reasons: list[str]
    fake_probability: Probability | None
    confidence: Probability | None
    model: Model


class _Job(BaseModel):
    """The fields that programs branch on, and the ``document`` with all the rest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    status: str
    result: Finding | Result | None = None
    error: Failure | None = None
    media: MediaFacts | None = None
    tags: list[str] = Field(default_factory=list)
    document: Mapping[str, Any] = Field(repr=False)

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read an answer; raises :class:`ApiError` when it is no job."""
        return read(cls, document, "job")

    @property
    def done(self) -> bool:
        """True when the job will never change again."""
        return self.status in TERMINAL

    @property
    def verdict(self) -> Label | None:
        """``fake``, ``real`` or ``inconclusive``; None where there is no result."""
        return None if self.result is None else self.result.verdict

    @property
    def fake_probability(self) -> float | None:
        """In [0, 1]; None where there is no result, or no face in it."""
        return None if self.result is None else self.result.fake_probability


class Job(_Job):
    """One job.

    ``result`` is there once the job has ``succeeded``, ``error`` once it has ``failed``.
    """

    result: Result | None = None
    provenance: Provenance | None = None
    eta_s: float | None = None  # seconds until its end is expected, where the service can tell


class ListedJob(_Job):
    """One job of a list: its ``result`` has no frames."""

    result: Finding | None = None


def read(shape: type[M], document: Any, name: str) -> M:
    """An answer as ``shape``, with all of it as ``document``."""
    if not isinstance(document, dict):
        raise ApiError(200, {"detail": f"the answer is no {name}; is this a deepfake service?"})
    try:
        return shape.model_validate({**document, "document": document})
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        detail = (
            f"the answer is no {name} that this client can read ({place}: {fault['msg']}); "
            "is this a deepfake service, and of this client's version?"
        )
        raise ApiError(200, {"detail": detail}) from error
