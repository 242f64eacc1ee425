"""The files in the body of a batch, whatever its form: a form with many, a ZIP archive, or both."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request

from api.http.problems import BatchTooLarge, MalformedRequest
from api.settings import GatewaySettings
from api.upload.archive import MAGIC, Archive
from api.upload.body import check_encoding, media_type_of
from api.upload.member import Allowance, Member, members_of, with_head
from api.upload.pace import Pace, paced
from api.upload.parts import PartsReader, pieces_of
from core.errors import UnsupportedMedia

_LENGTH: Final = re.compile(r"[0-9]{1,19}")


class BatchBody:
    """Iterate over it once for the files; ``fields`` is complete when the first one comes.

    Made from the headers alone: raises MalformedRequest, UnsupportedMedia or BatchTooLarge when
    they are refused already.
    """

    def __init__(self, request: Request, settings: GatewaySettings) -> None:
        check_encoding(request)
        self._request = request
        self._settings = settings
        self._limit = settings.max_batch_bytes
        self._form: PartsReader | None = None
        if media_type_of(request) == "multipart/form-data":
            self._form = PartsReader(request.headers["content-type"])
        self.fields: dict[str, list[str]] = {} if self._form is None else self._form.fields
        self._check_length()

    async def __aiter__(self) -> AsyncIterator[Member]:
        """A part that is an archive stands for its files.

        Raises MalformedRequest, InvalidParameter, UploadTimeout, BatchTooLarge, ArchiveRefused, and
        UnsupportedMedia for a body that is neither a form nor an archive.
        """
        unpacked = Allowance(self._limit)
        async for sent in self._sent():
            head, chunks = await with_head(aiter(sent), len(MAGIC))
            if head == MAGIC:
                async for member in Archive(chunks, unpacked):
                    yield member
            elif self._form is None:
                raise UnsupportedMedia(
                    "The body is neither a form (multipart/form-data) with parts named 'file', nor "
                    "a ZIP archive, nor JSON with `urls`."
                )
            else:
                yield Member(sent.name, chunks)
            await sent.skip()

    def _sent(self) -> AsyncIterator[Member]:
        if self._form is not None:
            return members_of(pieces_of(received(self._request, self._settings), self._form))
        return _alone(received(self._request, self._settings))

    def _check_length(self) -> None:
        declared = self._request.headers.get("content-length")
        if declared is None:
            return
        if not _LENGTH.fullmatch(declared):
            raise MalformedRequest(f"Content-Length {declared[:60]!r} is not a number of bytes.")
        if int(declared) > self._limit:
            raise BatchTooLarge(limit=self._limit)


async def received(request: Request, settings: GatewaySettings) -> AsyncIterator[bytes]:
    """The body as it comes; raises MalformedRequest, UploadTimeout or BatchTooLarge."""
    pace = Pace(
        idle_s=settings.upload_idle_s,
        least_bytes_s=settings.upload_least_bytes_s,
        limit_s=settings.batch_limit_s,
    )
    allowance = Allowance(settings.max_batch_bytes)
    async for chunk in paced(request, pace):
        allowance.spend(len(chunk))
        yield chunk


async def _alone(chunks: AsyncIterator[bytes]) -> AsyncIterator[Member]:
    yield Member("", chunks)
