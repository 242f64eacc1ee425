"""Receives the body of ``POST /v1/jobs``, whatever its form, without a file on disk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.blob_writer import BlobWriter
from api.multipart import OVERHEAD_BYTES, MultipartReader
from api.problems import GatewayBusy, MalformedRequest, UploadTimeout
from api.settings import GatewaySettings
from core.errors import MediaTooLarge, UnsupportedMedia
from core.store.jobs import MediaRef

_LENGTH: Final = re.compile(r"[0-9]{1,19}")
_NO_URLS: Final = (
    "A JSON body is not taken: this version does not fetch URLs. "
    "Send the file itself, as multipart 'file' or as the raw body."
)


@dataclass(frozen=True, slots=True)
class Upload:
    """The stored media, and the form fields that came beside it."""

    media: MediaRef
    fields: Mapping[str, list[str]] = field(default_factory=dict)


class UploadSlots:
    """Bounds how many uploads run at one time, and so the memory that they take."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold one slot; raises GatewayBusy when there is none."""
        if self._taken >= self._limit:
            raise GatewayBusy(limit=self._limit)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


async def receive(request: Request, writer: BlobWriter, settings: GatewaySettings) -> Upload:
    """Stream the body into ``writer``.

    Raises MediaTooLarge, UnsupportedMedia, EmptyMedia, MalformedRequest, UploadTimeout
    or a StoreError; what is stored then is the caller's to discard.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json":
        raise UnsupportedMedia(_NO_URLS)
    form = MultipartReader(content_type) if media_type == "multipart/form-data" else None
    limit = settings.max_upload_bytes + (OVERHEAD_BYTES if form else 0)
    _check_declared_length(request, limit, settings)
    try:
        async with asyncio.timeout(settings.upload_limit_s):
            return await _receive(_body(request, settings, limit), writer, form)
    except TimeoutError as error:
        raise UploadTimeout(
            f"The upload took longer than {settings.upload_limit_s:g} s."
        ) from error


async def _receive(
    body: AsyncIterator[bytes], writer: BlobWriter, form: MultipartReader | None
) -> Upload:
    async for chunk in body:
        await writer.write(form.feed(chunk) if form else chunk)
    if form is None:
        return Upload(await writer.close())
    form.close()
    return Upload(await writer.close(), form.fields)


async def _body(request: Request, settings: GatewaySettings, limit: int) -> AsyncIterator[bytes]:
    stream = request.stream()
    received = 0
    while True:
        try:
            async with asyncio.timeout(settings.upload_idle_s):
                chunk = await anext(stream, None)
        except ClientDisconnect as error:
            raise MalformedRequest("The client went away before its upload was over.") from error
        except TimeoutError as error:
            raise UploadTimeout(
                f"No byte of the upload came for {settings.upload_idle_s:g} s."
            ) from error
        if chunk is None:
            return
        received += len(chunk)
        if received > limit:
            raise MediaTooLarge(size=received, limit=settings.max_upload_bytes)
        yield chunk


def _check_declared_length(request: Request, limit: int, settings: GatewaySettings) -> None:
    declared = request.headers.get("content-length")
    if declared is None:
        return
    if not _LENGTH.fullmatch(declared):
        raise MalformedRequest(f"Content-Length {declared[:60]!r} is not a number of bytes.")
    if int(declared) > limit:
        raise MediaTooLarge(size=int(declared), limit=settings.max_upload_bytes)
