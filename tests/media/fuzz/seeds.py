"""The whole files that are damaged: every form of the media matrix, faces, and credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.credentials_factory import signed
from tests.media.matrix import forms
from tests.media.stills import STILLS
from tests.worker.media_factory import MEDIA

Build = Callable[[], bytes]
MOST_BYTES = 4 * 1024**2  # of a whole file; the rest of a longer one is cut off


def seeds(part: str = "") -> dict[str, Build]:
    """Every whole file whose name has that in it, built when it is called."""
    return {name: build for name, build in _all() if part in name}


def _all() -> Iterator[tuple[str, Build]]:
    for form in forms():
        if "long" not in form.name:  # a minute of film takes long and shows nothing else
            yield form.name, form.build
    for kind, still in STILLS.items():
        yield f"still/{kind}", still
    for kind, file in MEDIA.items():
        yield f"face/{kind}", file
    for kind, media_type in _SIGNED.items():
        yield f"signed/{kind}", partial(_signed, kind, media_type)


_SIGNED = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "avif": "image/avif",
    "gif": "image/gif",
    "mp4-h264": "video/mp4",
}


def _signed(kind: str, media_type: str) -> bytes:
    return signed(MEDIA[kind](), media_type)
