"""The options of a submission, as keyword arguments and as the service takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict


class JobOptions(TypedDict, total=False):
    """How a file, or each file of a batch, is to be judged; see docs/http-api.md."""

    frames: int | None
    sampling: str | None
    queue: str | None
    evidence: bool
    tags: Sequence[str]
    callback_url: str | None


class SubmitOptions(JobOptions, total=False):
    """``on_progress`` hears of the bytes that went out since it was called before.

    ``idempotency_key`` is made anew for each call unless it is given.
    """

    idempotency_key: str | None
    on_progress: Callable[[int], None] | None


def as_json(options: JobOptions) -> dict[str, Any]:
    """What was given, by the service's names."""
    names = ("frames", "sampling", "queue", "callback_url")
    told: dict[str, Any] = {n: options.get(n) for n in names if options.get(n) is not None}
    if options.get("evidence"):
        told["evidence"] = True
    if options.get("tags"):
        told["tag"] = list(options["tags"])
    return told


def as_form(options: JobOptions) -> dict[str, Any]:
    """The same as fields of a form."""
    told = as_json(options)
    return {
        name: value if name == "tag" else "true" if value is True else str(value)
        for name, value in told.items()
    }


def is_url(media: object) -> bool:
    """Whether ``media`` names a file for the service to fetch."""
    return isinstance(media, str) and media.lower().startswith(("http://", "https://"))
