"""A job at a service, as it was when it was last asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from deepfake.client_errors import ApiError

TERMINAL = frozenset({"succeeded", "failed", "canceled", "expired"})


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """The fields that programs branch on, and the ``document`` with all the rest."""

    id: str
    status: str
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    document: Mapping[str, Any]

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read an answer; raises :class:`ApiError` when it is no job."""
        try:
            return cls(
                id=str(document["id"]),
                status=str(document["status"]),
                result=document.get("result"),
                error=document.get("error"),
                document=document,
            )
        except (TypeError, KeyError, AttributeError):
            detail = "the answer is no job; is this a deepfake service?"
            raise ApiError(200, {"detail": detail}) from None

    @property
    def done(self) -> bool:
        """True when the job will never change again."""
        return self.status in TERMINAL

    @property
    def verdict(self) -> str | None:
        """``fake``, ``real`` or ``inconclusive``; None where there is no result."""
        return None if self.result is None else str(self.result["verdict"])

    @property
    def fake_probability(self) -> float | None:
        """In [0, 1]; None where there is no result, or no face in it."""
        return None if self.result is None else self.result["fake_probability"]
