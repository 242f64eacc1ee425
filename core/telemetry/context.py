"""What a request or a job hands to everything that is done for it: lines of the log, and jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_NOTHING: Final[Mapping[str, str]] = {}
_known: ContextVar[dict[str, str]] = ContextVar("known")
_carried: ContextVar[str | None] = ContextVar("carried", default=None)


@contextmanager
def log_context(**known: str | None) -> Iterator[None]:
    """Have every line that is logged within this block say what is ``known``."""
    token = _known.set({name: value for name, value in known.items() if value is not None})
    try:
        yield
    finally:
        _known.reset(token)


@contextmanager
def carrying(traceparent: str | None) -> Iterator[None]:
    """Have the jobs that are made within this block carry on a trace."""
    token = _carried.set(traceparent)
    try:
        yield
    finally:
        _carried.reset(token)


def carried() -> str | None:
    """The ``traceparent`` of a job that is made where this is called."""
    return _carried.get()


def note(**known: str) -> None:
    """Add to what is known; outside a block of :func:`log_context` this does nothing.

    A thread that works for the block may call it too: the lines of the block say it from then on.
    """
    if (context := _known.get(None)) is not None:
        context.update(known)


def noted() -> Mapping[str, str]:
    """What is known where this is called."""
    return _known.get(_NOTHING)
