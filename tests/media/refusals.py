"""Files that hold no film which can be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.media import boxes, ebml
from tests.media.form import Form, form
from tests.media.indexes import first_part

_CIPHER = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "00112233445566778899aabbccddeeff",
    "encryption_kid": "ab" * 16,
}
_ROOM = {"moov_size": "8000"}


def forms() -> Iterator[Form]:
    for encrypted in _encrypted():
        yield replace(encrypted, error="encrypted_media")
    for empty in _empty():
        yield replace(empty, error="unreadable_media")


def _encrypted() -> Iterator[Form]:
    for container in ("mp4", "mov", "fmp4"):
        yield form(f"{container}/h264", "encrypted", options=_CIPHER)
    yield form("mp4/hevc", "encrypted, header in front", options={**_CIPHER, **_ROOM})
    for kind, name in {"mov/h264": b"avc1", "mp4/hevc": b"hev1"}.items():
        unnamed = partial(boxes.renamed, old=name, new=b"encv")
        yield form(kind, "encrypted, nothing said of the cipher", patch=unnamed)
    yield form("mkv/h264", "encrypted", patch=ebml.encrypted, seekable=False)
    yield form("webm/vp9", "encrypted", patch=ebml.encrypted, seekable=False)


def _empty() -> Iterator[Form]:
    for kind in ("mp4/h264", "mov/hevc"):
        yield form(kind, "without moov", patch=partial(boxes.cut_before, name="moov"))
        yield form(kind, "cut at 60%", patch=partial(first_part, share=0.6))
        header = partial(boxes.cut_before, name="mdat")
        yield form(kind, "header alone", patch=header, options=_ROOM)
    yield form("fmp4/h264", "first segment alone", patch=partial(boxes.cut_before, name="moof"))
