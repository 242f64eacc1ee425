"""The file in a request's body, whatever the body's form, without a file on disk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request

from api.http.problems import MalformedRequest
from api.settings import GatewaySettings
from api.upload.form import OVERHEAD_BYTES, MultipartReader
from api.upload.pace import Pace, paced
from core.errors import MediaTooLarge, UnsupportedMedia

_LENGTH: Final = re.compile(r"[0-9]{1,19}")


class UploadBody:
    """Iterate over it once for the bytes of the file; ``fields`` is complete afterwards.

    Made from the headers alone, before a byte is read: raises MalformedRequest,
    UnsupportedMedia or MediaTooLarge when they are refused already.

    Attributes
    ----------
    fields
        The form fields beside the file; empty for a raw body.
    most_bytes
        The most that the file can have, by Content-Length; None when that is not declared.
    exact
        Whether the file has exactly that many bytes: a raw body of declared length.
    """

    def __init__(self, request: Request, settings: GatewaySettings) -> None:
        self._request = request
        self._pace = Pace(
            idle_s=settings.upload_idle_s,
            least_bytes_s=settings.upload_least_bytes_s,
            limit_s=settings.upload_limit_s,
        )
        self._form = _form_of(request)
        self._limit = settings.max_upload_bytes
        self._body_limit = self._limit + (OVERHEAD_BYTES if self._form else 0)
        check_encoding(request)
        self.most_bytes = self._declared_bytes()
        self.exact = self.most_bytes is not None and self._form is None
        self.fields: dict[str, list[str]] = {} if self._form is None else self._form.fields

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The file's bytes.

        Raises MediaTooLarge, MalformedRequest, InvalidParameter or UploadTimeout.
        """
        received = 0
        async for chunk in paced(self._request, self._pace):
            received += len(chunk)
            if received > self._body_limit:
                raise MediaTooLarge(size=received, limit=self._limit)
            yield self._form.feed(chunk) if self._form else chunk
        if self._form:
            self._form.close()

    def _declared_bytes(self) -> int | None:
        declared = declared_length(self._request)
        if declared is None:
            return None
        if declared > self._body_limit:
            raise MediaTooLarge(size=declared, limit=self._limit)
        return min(declared, self._limit)


def declared_length(request: Request) -> int | None:
    """The Content-Length; None where there is none. Raises MalformedRequest."""
    declared = request.headers.get("content-length")
    if declared is None:
        return None
    if not _LENGTH.fullmatch(declared):
        raise MalformedRequest(f"Content-Length {declared[:60]!r} is not a number of bytes.")
    return int(declared)


def media_type_of(request: Request) -> str:
    """The declared media type, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _form_of(request: Request) -> MultipartReader | None:
    if media_type_of(request) != "multipart/form-data":
        return None
    return MultipartReader(request.headers["content-type"])


def check_encoding(request: Request) -> None:
    """Raises UnsupportedMedia for a compressed body."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMedia(
            f"A body with Content-Encoding {encoding[:60]!r} is not taken; send the file as it is."
        )
