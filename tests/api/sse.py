"""Server-sent events as a client of the tests reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its kind, its id where it has one, and its decoded data."""

    kind: str
    id: str | None
    data: Any


def events(response: httpx.Response) -> Iterator[Event]:
    """Every event until the stream ends; comments are passed over."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], fields.get("id"), json.loads(fields["data"]))
            fields = {}
