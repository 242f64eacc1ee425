"""Runs damaged files through the sandboxed decoder as a worker does, and says how each ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from core.errors import DecoderError, DecodeTimeout, MediaError
from core.evidence import Evidence, ExtractOptions
from core.media.sniff import HEAD_BYTES, sniff
from core.options import Sampling
from core.provenance import NotChecked, Provenance
from tests.media.fuzz.layout import Layout
from tests.media.fuzz.mutation import layout_of, mutated
from worker.decoder.pool import DecoderPool

DEADLINE_S = 60.0
_LONGEST_MESSAGE = 400
_TRIES = 3
_LATE = (DecodeTimeout.code, f"provenance {NotChecked.TIMEOUT}")
_LOST = (NotChecked.CRASHED, NotChecked.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged file: ``name`` of the whole one, ``number`` of the damage, what it was."""

    name: str
    number: int
    damage: str
    data: bytes

    @property
    def title(self) -> str:
        return f"{self.name}#{self.number}"


@dataclass(frozen=True, slots=True)
class Ending:
    """``code`` is that of the error, "judged" for none; a ``finding`` is what must not be."""

    code: str
    message: str
    finding: str
    took_s: float


def make_case(name: str, number: int, whole: bytes, layout: Layout | None = None) -> Case:
    """The same name and number always make the same damage; ``layout`` is that of the whole."""
    data, damage = mutated(whole, layout or layout_of(whole), Random(f"{name}#{number}"))
    return Case(name, number, damage, data)


def run(pool: DecoderPool, case: Case) -> Ending:
    """How the decoder ends with that file; what took too long is tried again.

    A machine that is busy with other work makes any file late, a file that hangs is late each time.
    """
    for _ in range(_TRIES):
        started = time.monotonic()
        code, message, finding = _end(pool, case)
        if finding not in _LATE:
            break
    return Ending(code, message, finding, time.monotonic() - started)


def _end(pool: DecoderPool, case: Case) -> tuple[str, str, str]:
    told: list[Provenance] = []
    options = ExtractOptions(frames=2, sampling=list(Sampling)[case.number % len(Sampling)])
    try:
        sniffed(case.data)
        evidence = pool.extract(
            iter([case.data]),
            len(case.data),
            options,
            deadline_s=DEADLINE_S,
            on_provenance=told.append,
        )
    except MediaError as error:
        return error.code, error.message, _fault_of(error) or _lost(told)
    except DecoderError as error:
        return error.code, error.message, error.code
    except Exception as error:  # noqa: BLE001 - that there is none is what is asked
        return "unnamed", repr(error), "unnamed"
    return "judged", "", _disorder(evidence) or _lost(told)


def sniffed(data: bytes) -> None:
    """What the gateway does with the bytes: it names the format or refuses it."""
    sniff(data[:HEAD_BYTES])


def _fault_of(error: MediaError) -> str:
    """Whether the refusal can be shown to people: one line, not without end."""
    fit = error.message.isprintable() and 0 < len(error.message) <= _LONGEST_MESSAGE
    return "" if fit else "unprintable"


def _lost(told: list[Provenance]) -> str:
    lost = [found for found in told if found.c2pa.reason in _LOST]
    return f"provenance {lost[0].c2pa.reason}" if lost else ""


def _disorder(evidence: Evidence) -> str:
    places = [(frame.index, frame.timestamp_s) for frame in evidence.frames]
    rising = all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(places))
    return "" if rising and len(places) <= evidence.frames_requested else "disorder"
