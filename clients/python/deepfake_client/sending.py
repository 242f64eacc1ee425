"""One request: sent, repeated where that is safe, and its refusal as an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from deepfake_client.address import shown
from deepfake_client.effects import Flow, Send, Sleep
from deepfake_client.errors import ApiError, ClientError, ServerUnreachable

MAX_RETRIES = 5
MAX_RETRY_AFTER_S = 60.0
# A batch whose first try broke off still counts as on its way; the key's own share is used up, or
# the whole service is.
BUSY = (409, 429, 503)


@dataclass(frozen=True, slots=True)
class Sender:
    """Where to, and how often."""

    server: str
    max_retries: int
    timeout_s: float

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Callable[[], Mapping[str, Any]] | None = None,
        safe: bool | None = None,
        **options: Any,
    ) -> Flow[httpx.Response]:
        """Raises :class:`ApiError` or :class:`ServerUnreachable`.

        ``body`` makes the options of the body anew for each try. ``safe`` tells whether the
        request may have been carried out when it is sent again; reads are. Where no connection was
        made only reads are repeated, so that a wrong address is told at once.
        """
        read = method in ("GET", "HEAD")
        for attempt in range(self.max_retries + 1):
            last = attempt == self.max_retries
            try:
                made = {} if body is None else body()
                response: httpx.Response = yield Send(method, path, {**options, **made})
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if last or not _may_repeat(error, read=read, safe=bool(safe)):
                    raise self.unreachable(error) from error
                yield Sleep(min(2.0**attempt / 4, 4.0))
                continue
            if response.status_code < 300:
                return response
            refused = refusal(response)
            if last or refused.status not in BUSY or refused.retry_after_s is None:
                raise refused
            yield Sleep(min(refused.retry_after_s, MAX_RETRY_AFTER_S))
        raise AssertionError("the last attempt returns or raises")

    def unreachable(self, error: Exception) -> ServerUnreachable:
        return ServerUnreachable(self.server, str(error) or repr(error))


def _may_repeat(error: Exception, *, read: bool, safe: bool) -> bool:
    if not isinstance(error, httpx.TransportError):
        return False
    return read or (safe and not isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol))


def headers_of(api_key: str | None) -> dict[str, str]:
    """The key without blanks around it; raises :class:`ClientError` for what cannot be one."""
    if not api_key:
        return {}
    key = api_key.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ClientError("The API key is empty, or holds a character that no key has.")
    return {"Authorization": f"Bearer {key}"}


def refusal(response: httpx.Response) -> ApiError:
    """Where the answer has no problem document, its title says what it is."""
    problem, title = document(response), response.reason_phrase
    if response.has_redirect_location:
        title = f"{title} to {shown(response.headers['Location'])}; name that server"
    after = response.headers.get("Retry-After", "")
    return ApiError(
        response.status_code,
        problem if isinstance(problem, dict) else {"title": title},
        retry_after_s=float(after) if after.isdigit() else None,
    )


def document(response: httpx.Response) -> Any:
    """The decoded body; None where it is not JSON."""
    try:
        return response.json()
    except ValueError:
        return None
