"""All that a file says of its own origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from core.media.origin import exif, films, stills, xmp
from core.media.origin.claims import claims_of
from core.media.origin.credentials import Verifier
from core.media.origin.metadata import Metadata, Tag
from core.media.sniff import HEAD_BYTES, sniff
from core.provenance import Credentials, CredentialState, NotChecked, Provenance

MAX_MANIFEST_BYTES: Final = 32 * 1024**2
_READERS: Final[dict[str, Callable[[memoryview, Metadata], None]]] = {
    "jpeg": stills.of_jpeg,
    "png": stills.of_png,
    "webp": stills.of_webp,
    "gif": stills.of_any,
    "tiff": stills.of_any,
    "heic": films.of_picture_boxes,
    "avif": films.of_picture_boxes,
    "mp4": films.of_boxes,
    "mov": films.of_boxes,
    "avi": films.of_avi,
    "mkv": films.of_ebml,
    "webm": films.of_ebml,
}
_WITHOUT_CREDENTIALS: Final = frozenset({"mkv", "webm"})  # besides those without a reader


def read_provenance(data: bytes | bytearray | memoryview, verifier: Verifier) -> Provenance:
    """What a file says of its own origin; raises a MediaError for what is no file that is taken.

    The library for credentials sees only files in which a manifest lies.
    """
    view = memoryview(data).cast("B")
    name = sniff(bytes(view[:HEAD_BYTES])).name
    found = Metadata()
    if name in _READERS:
        _READERS[name](view, found)
    return Provenance(
        c2pa=_credentials(view, name, found, verifier),
        claims=claims_of(_tags(view, name, found)),
    )


def _tags(view: memoryview, name: str, found: Metadata) -> Iterator[Tag]:
    yield from xmp.tags(found.xmp)
    yield from found.tags
    if name == "tiff" or found.exif:
        yield from exif.tags(view if name == "tiff" else found.exif)


def _credentials(view: memoryview, name: str, found: Metadata, verifier: Verifier) -> Credentials:
    if name not in _READERS or name in _WITHOUT_CREDENTIALS:
        return _not_checked(NotChecked.FORMAT_NOT_SUPPORTED)
    if found.manifest_bytes > MAX_MANIFEST_BYTES:
        return _not_checked(NotChecked.MANIFEST_TOO_LARGE)
    if found.manifest_bytes:
        return verifier.check(view)
    if xmp.names_remote_manifest(found.xmp):
        return _not_checked(NotChecked.REMOTE_MANIFEST)
    return Credentials(state=CredentialState.NONE)


def _not_checked(reason: NotChecked) -> Credentials:
    return Credentials(state=CredentialState.NOT_CHECKED, reason=reason)
