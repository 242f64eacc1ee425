"""A file on its way out: streamed, counted, and rewound when it has to go again."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Self

MEDIA_TYPE = "application/octet-stream"  # the service looks at the bytes, not at a claim
PIECE_BYTES = 256 * 1024
Media = str | Path | bytes | BinaryIO  # a path, bytes, or an open file


class Upload:
    """What httpx reads as a file part; holds no more than the piece that is being sent."""

    def __init__(
        self, name: str, stream: BinaryIO, on_progress: Callable[[int], None] | None
    ) -> None:
        self._name = name
        self._stream = stream
        self._on_progress = on_progress or (lambda _: None)
        self._start = stream.tell()
        self._furthest = self._start

    @classmethod
    def open(
        cls, media: Media, stack: ExitStack, on_progress: Callable[[int], None] | None
    ) -> Self:
        """``stack`` closes the file that is opened here; one that was passed in stays open."""
        if isinstance(media, bytes):
            return cls("upload", io.BytesIO(media), on_progress)
        if isinstance(media, (str, Path)):
            return cls(Path(media).name, stack.enter_context(Path(media).open("rb")), on_progress)
        name = getattr(media, "name", None)
        return cls(Path(name).name if isinstance(name, str) else "upload", media, on_progress)

    @property
    def size(self) -> int:
        """Bytes from where the stream stood when it was handed over."""
        here = self._stream.tell()
        end = self._stream.seek(0, os.SEEK_END)
        self._stream.seek(here)
        return end - self._start

    def restart(self) -> tuple[str, Self, str]:
        """The part, from where the stream stood when it was handed over."""
        self._stream.seek(self._start)
        return (self._name, self, MEDIA_TYPE)

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        position = self._stream.tell()
        if position > self._furthest:  # bytes that go again are not counted again
            self._on_progress(position - self._furthest)
            self._furthest = position
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Offsets count from where the upload starts."""
        if whence == os.SEEK_SET:
            offset += self._start
        return self._stream.seek(offset, whence) - self._start

    def tell(self) -> int:
        return self._stream.tell() - self._start


class Rest:
    """The bytes of an upload from ``offset`` on, for either kind of client."""

    def __init__(self, upload: Upload, offset: int) -> None:
        self._upload = upload
        self._offset = offset

    def __iter__(self) -> Iterator[bytes]:
        self._upload.seek(self._offset)
        while piece := self._upload.read(PIECE_BYTES):
            yield piece

    async def awaited(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece
