"""A file on its way out: streamed, counted, and rewound when it has to go again."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
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
        self._read_to = self._start
        self._tells = True

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
        self._read_to = self._stream.tell()
        if self._tells:
            self.tell_progress()
        return data

    def read_in_threads(self) -> None:
        """From now on reading tells no progress: whoever has it read does, in its own thread."""
        self._tells = False

    def tell_progress(self) -> None:
        """Tell of what was read since the last time; bytes that go again are not counted again."""
        if self._read_to > self._furthest:
            more, self._furthest = self._read_to - self._furthest, self._read_to
            self._on_progress(more)

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

    def awaited(self) -> AsyncIterator[bytes]:
        """The same for asyncio."""
        return read_in_threads(self, [self._upload])


async def read_in_threads(
    pieces: Iterable[bytes], uploads: Iterable[Upload]
) -> AsyncIterator[bytes]:
    """``pieces`` of ``uploads``, each read in a thread: a slow disk holds nobody else up."""
    uploads = list(uploads)
    for upload in uploads:
        upload.read_in_threads()
    left = iter(pieces)
    while (piece := await asyncio.to_thread(next, left, None)) is not None:
        for upload in uploads:
            upload.tell_progress()
        yield piece
