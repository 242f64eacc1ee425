"""What is asked of a service: one thing, a list page by page, or lines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import httpx

from deepfake_client.effects import Flow, Next, Open, Sleep, Tell
from deepfake_client.errors import WaitTimeout
from deepfake_client.sending import Sender, document, refusal

LONG_POLL_S = 20.0  # the service holds a request up to 30 s


class Ending(Protocol):
    """A job or a batch."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def done(self) -> bool: ...


E = TypeVar("E", bound=Ending)
T = TypeVar("T")


def look(sender: Sender, path: str, read: Callable[[Any], T], *, wait_s: float = 0) -> Flow[T]:
    """Once, or when it is done or ``wait_s`` are over."""
    timeout = httpx.Timeout(sender.timeout_s, read=wait_s + 15)
    params = {"wait": f"{wait_s:g}"} if wait_s else {}
    response = yield from sender.send("GET", path, params=params, timeout=timeout)
    return read(document(response))


def wait(sender: Sender, path: str, read: Callable[[Any], E], timeout_s: float | None) -> Flow[E]:
    """When it is done; raises :class:`WaitTimeout`."""
    started = time.monotonic()
    while True:
        left_s = LONG_POLL_S
        if timeout_s is not None:
            left_s = min(left_s, max(0.0, started + timeout_s - time.monotonic()))
        asked = time.monotonic()
        found = yield from look(sender, path, read, wait_s=left_s)
        if found.done:
            return found
        if timeout_s is not None and time.monotonic() - started >= timeout_s:
            raise WaitTimeout(found.id, found.status, timeout_s=timeout_s)
        if time.monotonic() - asked < 0.5:  # a proxy that does not hold requests
            yield Sleep(0.5)


def pages(
    sender: Sender, path: str, name: str, read: Callable[[Any], object], params: Mapping[str, Any]
) -> Flow[None]:
    """Tells every entry of a list, the newest first."""
    chosen = {key: value for key, value in params.items() if value is not None}
    while True:
        response = yield from sender.send("GET", path, params=chosen)
        page = document(response)
        for entry in page[name]:
            yield Tell(read(entry))
        if page["next_cursor"] is None:
            return
        chosen["cursor"] = page["next_cursor"]


def lines(
    sender: Sender, path: str, read: Callable[[Any], object], params: Mapping[str, Any]
) -> Flow[None]:
    """Tells every line of newline-delimited JSON."""
    try:
        response = yield Open(path, {"params": params})
        if response.status_code >= 300:
            raise refusal(response)
        while (line := (yield Next())) is not None:
            yield Tell(read(json.loads(line)))
    except httpx.HTTPError as error:
        raise sender.unreachable(error) from error
