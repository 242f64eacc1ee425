"""What a call does on its way: requests, pauses and streams, apart from how they are carried out.

A call is a generator that yields these and is sent the answers, so that :class:`Client` and
:class:`AsyncClient` share all of its logic: what is sent, what is repeated, what an answer means.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """A request; its answer is an ``httpx.Response`` that was read."""

    method: str
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """A request whose answer is read bit by bit, as server-sent events or else as lines.

    The answer is the ``httpx.Response``; a refusal was read.
    """

    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    events: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """The next event or line of what was opened; None at the end."""


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Something for the caller, who iterates."""

    value: Any


Effect = Send | Open | Next | Sleep | Tell
Flow = Generator[Effect, Any, T]


class Turns(Generic[T]):
    """A flow, one effect at a time; ``result`` is there at its end."""

    result: T

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow

    def next(self, answer: Any = None, error: Exception | None = None) -> Effect | None:
        """The effect after ``answer`` or ``error`` of the one before; None at the end."""
        try:
            return self._flow.send(answer) if error is None else self._flow.throw(error)
        except StopIteration as end:
            self.result = end.value
            return None

    def close(self) -> None:
        self._flow.close()


def heard(flow: Flow[T], hear: Callable[[Any], object]) -> Flow[T]:
    """``flow`` with what it tells handed to ``hear`` instead of to the caller."""
    turns = Turns(flow)
    effect = turns.next()
    while effect is not None:
        if isinstance(effect, Tell):
            hear(effect.value)
            effect = turns.next()
            continue
        try:
            answer = yield effect
        except Exception as error:  # noqa: BLE001  # the flow's own affair
            effect = turns.next(error=error)
        else:
            effect = turns.next(answer)
    return turns.result
