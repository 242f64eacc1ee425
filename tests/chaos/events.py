"""What happened in a run, in the order in which it was seen: the checker reads nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """``job`` is the number of a job in the plan, -1 for what is about none."""

    at: float  # of time.time(), as Redis tells it too
    kind: str
    job: int
    data: dict[str, Any]


class EventLog:
    """Grows only; written to a file as NDJSON when asked for."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(self, kind: str, job: int = -1, **data: Any) -> Event:
        event = Event(time.time(), kind, job, data)
        self.events.append(event)
        return event

    def of_kind(self, *kinds: str) -> Iterator[Event]:
        return (event for event in self.events if event.kind in kinds)

    def write(self, file: Path) -> None:
        lines = (
            json.dumps({"at": e.at, "kind": e.kind, "job": e.job, **e.data}) for e in self.events
        )
        file.write_text("\n".join(lines) + "\n", "utf-8")
