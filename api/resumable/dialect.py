"""What a request says of a resumable upload, in tus 1.0 or in the IETF's draft, and the answers.

The draft is draft-ietf-httpbis-resumable-upload; a request with ``Upload-Complete`` speaks it. Its
interim answer 104 is left out, because uvicorn cannot send it: a client learns where the upload is
by creating it empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from starlette.datastructures import Headers

from api.http.problems import MalformedRequest, UnsupportedTusVersion
from core.errors import UnsupportedMedia
from core.store.resumable import Upload

TUS_VERSION: Final = "1.0.0"
TUS_EXTENSIONS: Final = "creation,creation-with-upload,expiration,termination"
TUS_BODY: Final = "application/offset+octet-stream"
DRAFT_BODY: Final = "application/partial-upload"
MAX_METADATA: Final = 4096
_NUMBER: Final = re.compile(r"[0-9]{1,15}")  # the most that a structured field can say
_BOOLEANS: Final = {"?0": False, "?1": True}


@dataclass(frozen=True, slots=True)
class Intent:
    """``length`` and ``offset`` are None where nothing is said of them.

    ``ends`` tells whether the upload ends with this body; tus says it by the length alone.
    """

    tus: bool
    length: int | None
    offset: int | None
    ends: bool
    metadata: str = ""


def read_intent(headers: Headers, *, body: int | None) -> Intent:
    """Read a request that may hold ``body`` bytes, None when their number is not declared.

    Raises MalformedRequest or UnsupportedTusVersion.
    """
    length, offset = _number(headers, "upload-length"), _number(headers, "upload-offset")
    complete = headers.get("upload-complete")
    if "tus-resumable" in headers and complete is None:
        version = headers["tus-resumable"]
        if version != TUS_VERSION:
            raise UnsupportedTusVersion(asked=version, spoken=TUS_VERSION)
        return Intent(
            tus=True, length=length, offset=offset, ends=False, metadata=_metadata(headers)
        )
    ends = _BOOLEANS.get(complete or "")
    if ends is None:
        raise MalformedRequest(
            f"Say 'Tus-Resumable: {TUS_VERSION}' or 'Upload-Complete: ?0' or '?1', by which a "
            "resumable upload is known."
        )
    if ends and body is not None:
        whole = (offset or 0) + body
        if length not in (None, whole):
            raise MalformedRequest(
                f"Upload-Length says {length:,} bytes, and this request ends at byte {whole:,}."
            )
        length = whole
    return Intent(tus=False, length=length, offset=offset, ends=ends)


def speaks_tus(headers: Headers) -> bool:
    """Whether the answer should be one of tus."""
    return "tus-resumable" in headers


def check_body_type(intent: Intent, media_type: str) -> None:
    """Raises UnsupportedMedia when the body of a PATCH is not named as the dialect wants it."""
    wanted = TUS_BODY if intent.tus else DRAFT_BODY
    unnamed = media_type == "" and not intent.tus  # as the versions of the draft before 04 had it
    if media_type != wanted and not unnamed:
        raise UnsupportedMedia(f"The Content-Type is {media_type[:60]!r}; send it as {wanted}.")


def described(upload: Upload, *, tus: bool, max_bytes: int) -> dict[str, str]:
    """The headers that say where an upload stands."""
    headers = {"Upload-Offset": str(upload.offset), "Cache-Control": "no-store"}
    if upload.length is not None:
        headers["Upload-Length"] = str(upload.length)
    if tus:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
        if upload.metadata:
            headers["Upload-Metadata"] = upload.metadata
        return headers
    left_s = max(0, int((upload.expires_at - datetime.now(UTC)).total_seconds()))
    headers["Upload-Complete"] = "?1" if upload.complete else "?0"
    headers["Upload-Limit"] = f"max-size={max_bytes}, max-age={left_s}"
    return headers


def offered(max_bytes: int) -> Mapping[str, str]:
    """What OPTIONS tells in both dialects."""
    return {
        "Tus-Resumable": TUS_VERSION,
        "Tus-Version": TUS_VERSION,
        "Tus-Extension": TUS_EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Accept-Patch": f"{DRAFT_BODY}, {TUS_BODY}",
        "Upload-Limit": f"max-size={max_bytes}",
    }


def _number(headers: Headers, name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise MalformedRequest(f"{name.title()} {text[:40]!r} is not a number of bytes.")
    return int(text)


def _metadata(headers: Headers) -> str:
    text = headers.get("upload-metadata", "")
    if len(text) > MAX_METADATA or not text.isascii():
        raise MalformedRequest(
            f"Upload-Metadata has {len(text):,} characters; the limit is {MAX_METADATA:,} in ASCII."
        )
    return text
