"""Bytes in memory as a seekable file, without a copy of the whole."""

from __future__ import annotations

import io


class ByteReader:
    """The read half of a binary file over a buffer that somebody else owns.

    ``io.BytesIO`` would copy a ``bytearray`` or ``memoryview``; an upload may have half a
    gigabyte. It has no ``fileno`` and no name, so no library can reach past the buffer.
    """

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._view = memoryview(data).cast("B")
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, or all that are left when ``size`` is negative or None."""
        left = len(self._view) - self._at
        take = max(0, left if size is None or size < 0 else min(size, left))
        chunk = self._view[self._at : self._at + take].tobytes()
        self._at += take
        return chunk

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move and return the new position; raises ValueError before the first byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to byte {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close: the buffer belongs to the caller."""
