"""The web page: static files that are read once and served from memory, under a strict policy."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Self

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response

from api.http.conditional import KnownTags

# No inline script or style, no eval and no string that becomes markup; nothing from elsewhere.
# `blob:` is a picture that was fetched with the key, or a film that was just recorded.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src blob:; connect-src 'self'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
}
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
_INDEX: Final = "index.html"
_BASE: Final = b"<!-- base -->"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served; ``gzipped`` is the same bytes, compressed."""

    body: bytes
    gzipped: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Self:
        # Weak, because one tag stands for both codings; mtime=0 makes the bytes the same each time.
        tag = f'W/"{sha256(body).hexdigest()[:20]}"'
        return cls(body, gzip.compress(body, 9, mtime=0), media_type, tag)

    def answer(self, request: Request) -> Response:
        """200 with the file, compressed where the client can, or 304 where it has it."""
        headers = {
            "ETag": self.etag,
            "Cache-Control": "no-cache",  # kept, and asked for again each time: never stale
            "Vary": "Accept-Encoding",
            **_PAGE_HEADERS,
        }
        if KnownTags.of(request.headers).matches(self.etag):
            return Response(status_code=304, headers=headers)
        body = self.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = self.gzipped
        return Response(body, headers=headers, media_type=self.media_type)


def install_page(app: FastAPI, root_path: str) -> None:
    """Add ``/``, and ``/web/…`` with its parts.

    The page names everything relative to where it is. ``root_path`` is told to the browser where
    there is one, because a page at ``/prefix`` (no slash) would look for its parts beside it.
    """
    assets = _parts()
    base = f'<base href="{root_path}/">'.encode() if root_path else b""
    index = Asset.of(assets[_INDEX].body.replace(_BASE, base), _TYPES["html"])

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return index.answer(request)

    @app.get("/web/{path:path}", include_in_schema=False)
    async def part(request: Request, path: str) -> Response:
        if path == _INDEX or path not in assets:
            raise HTTPException(404, "The page has no such part")
        return assets[path].answer(request)


@cache
def _parts() -> Mapping[str, Asset]:
    """All that lies in ``api/web``, compressed once in the life of the process."""
    return _read(files("api") / "web")


def _read(folder: Traversable, prefix: str = "") -> dict[str, Asset]:
    """Every file below ``folder`` by its path, such as ``js/main.js``."""
    found: dict[str, Asset] = {}
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            found |= _read(entry, f"{path}/")
        elif media_type := _TYPES.get(entry.name.rpartition(".")[2]):
            found[path] = Asset.of(entry.read_bytes(), media_type)
    return found
