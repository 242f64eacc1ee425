"""Our own parsers of what strangers send, each as a function of bytes, with bytes to begin from.

A target returns, also when the parser refuses the bytes with an error that it is meant to raise.
Every other exception is a fault of the parser.
"""

from __future__ import annotations

import asyncio
import io
import json
import struct
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from starlette.datastructures import Headers

from api.http.conditional import KnownTags
from api.http.hosts import host_name, origin_authority
from api.http.request_head import Refusal, check_head
from api.jobs.cursor import place_of
from api.resumable.dialect import check_body_type, read_intent
from api.upload.archive import Archive
from api.upload.form import MultipartReader
from api.upload.member import Allowance
from api.upload.parts import PartsReader
from core.errors import DeepfakeError
from core.evidence import ExtractOptions
from core.jpeg_header import claimed_size
from core.media.sniff import sniff
from core.media.syntax import jpeg_segments, png_chunks, riff_chunks
from core.media.syntax.bmp_header import bmp_profile
from core.media.syntax.ebml import EbmlReader
from core.media.syntax.sample_tables import claimed_samples, sample_durations
from core.telemetry.traceparent import traceparent_of
from tests.media.form import form
from tests.media.stills import STILLS
from worker.decoder import origin, protocol

_STEP, _MOST = 37, 1000
_FORM = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--XX--'


@dataclass(frozen=True)
class Target:
    """``begin`` gives well-formed bytes, which damage is done to."""

    run: Callable[[bytes], object]
    begin: Callable[[], Sequence[bytes]]


def _of_media(data: bytes) -> None:
    view = memoryview(data)
    with suppress(DeepfakeError):
        sniff(data)
    claimed_samples(view)
    list(islice(sample_durations(view), _MOST))
    for found in EbmlReader(view).video_tracks():
        EbmlReader(view).content(found)
    list(islice(riff_chunks.chunks(view), _MOST))
    list(islice(jpeg_segments.segments(view), _MOST))
    list(islice(png_chunks.chunks(view), _MOST))
    png_chunks.without_extras(view)
    bmp_profile(view)
    claimed_size(data)


def _of_a_form(data: bytes) -> None:
    kind, _, body = data.partition(b"\n\n")
    for reader in (MultipartReader, PartsReader):
        with suppress(DeepfakeError):
            _feed(reader(kind.decode("latin-1")), body)


def _feed(reader: MultipartReader, body: bytes) -> None:
    for at in range(0, len(body), _STEP):
        reader.feed(body[at : at + _STEP])
    reader.close()


def _of_an_archive(data: bytes) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), _STEP):
            yield data[at : at + _STEP]

    async def read() -> None:
        async for member in Archive(chunks(), Allowance(10**7)):
            async for _ in member:
                pass

    with suppress(DeepfakeError):
        asyncio.run(read())


def _of_headers(data: bytes) -> None:
    lines = [line.partition(b":") for line in data.split(b"\n")]
    pairs = [(name.lower(), value) for name, _, value in lines]
    headers = Headers(raw=pairs)
    with suppress(Refusal):
        check_head("1.1", pairs)
    with suppress(DeepfakeError):
        check_body_type(read_intent(headers, body=5), headers.get("content-type", ""))
    for told in (host_name, origin_authority, place_of, traceparent_of):
        with suppress(DeepfakeError):
            told(headers.get("host", ""))
    KnownTags.of(headers).matches('W/"a"')


def _of_the_child(data: bytes) -> None:
    options = ExtractOptions(frames=2)
    for bounds, parse in (
        (protocol.Bounds.of(options), lambda told: protocol.parse_answer(told, options)),
        (protocol.Bounds(), protocol.parse_ready),
        (origin.BOUNDS, origin.parse),
    ):
        reader, message = protocol.MessageReader(bounds), None
        with suppress(DeepfakeError):
            for at in range(0, len(data), _STEP):
                message = reader.feed(data[at : at + _STEP]) or message
            if message is not None:
                parse(message)


def _message(header: dict[str, Any], *parts: bytes) -> bytes:
    head = json.dumps({**header, "parts": [len(part) for part in parts]}).encode()
    return struct.pack("!I", len(head)) + head + b"".join(parts)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", b"abc" * 50)
        archive.writestr("b/c.jpg", b"")
    return out.getvalue()


TARGETS = {
    "media": Target(
        _of_media,
        lambda: [
            form("mp4/h264-few").build(),
            form("mkv/h264-few").build(),
            *(STILLS[kind]() for kind in ("avif animated", "webp", "png RGB", "jpeg RGB", "bmp")),
        ],
    ),
    "form": Target(
        _of_a_form, lambda: [b"multipart/form-data; boundary=XX\n\n" + _FORM, b'x; a="\n\n' + _FORM]
    ),
    "archive": Target(_of_an_archive, lambda: [_zip()]),
    "headers": Target(
        _of_headers,
        lambda: [
            b"Host: localhost:80\nTus-Resumable: 1.0.0\nUpload-Length: 5\nUpload-Metadata: a b",
            b'Host: [::1]\nUpload-Complete: ?1\nUpload-Offset: 4\nIf-None-Match: W/"a", *',
            b"Host: https://a.b:1\nTransfer-Encoding: chunked",
            b"Host: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ],
    ),
    "child": Target(
        _of_the_child,
        lambda: [
            _message({"ready": ["seccomp"]}),
            _message({"error": {"code": "unreadable_media", "message": "no"}}),
            _message({"provenance": True}, b'{"c2pa": {"state": "none"}, "claims": []}'),
            _message({"frames_done": 1}) + _message({}, b'{"media": {}, "frames": []}'),
        ],
    ),
}
