"""A form with many files (RFC 7578), as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from python_multipart.multipart import parse_options_header

from api.http.problems import InvalidParameter, MalformedRequest
from api.upload.form import MultipartReader
from api.upload.member import Begin, End, Piece


class PartsReader(MultipartReader):
    """A push parser: feed it chunks, it gives back the pieces of the parts named ``file``.

    Fields have to come before the first file, because its job is made before the rest is read.
    """

    def __init__(self, content_type: str) -> None:
        super().__init__(content_type)
        self._pieces: list[Piece] = []

    def pieces(self, chunk: bytes) -> Iterator[Piece]:
        """What of the files is in this chunk of the body."""
        self.feed(chunk)
        pieces, self._pieces = self._pieces, []
        yield from pieces

    def close(self) -> None:
        """Check that the form is complete."""
        if not self._ended:
            raise MalformedRequest("The multipart body ends before its last boundary.")
        if not self._files:
            raise MalformedRequest("The form needs at least one part named 'file'; it has none.")

    def _begin_part(self) -> None:
        if self._files:
            self._parts = 0  # files have a limit of their own, and no field comes any more
        super()._begin_part()

    def _count_file(self) -> None:
        if self._name != "file":
            raise MalformedRequest(f"The file part must be named 'file', not {self._name[:60]!r}.")
        self._files += 1
        self._pieces.append(Begin(self._filename()))

    def _filename(self) -> str:
        _, options = parse_options_header(self._headers.get("content-disposition", ""))
        # Names come as UTF-8, whose bytes the header holds as Latin-1.
        return options.get(b"filename", b"").decode("utf-8", "replace")

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        super()._add_data(data, start, end)
        if self._file:
            self._pieces.append(bytes(self._file))
            self._file.clear()

    def _end_part(self) -> None:
        if self._is_file and self._chosen:
            self._pieces.append(End())
        elif self._files and not self._is_file:
            raise InvalidParameter(
                f"The form field {self._name[:60]!r} comes behind a file; send fields first."
            )
        super()._end_part()


async def pieces_of(chunks: AsyncIterator[bytes], reader: PartsReader) -> AsyncIterator[Piece]:
    """The pieces of a whole form."""
    async for chunk in chunks:
        for piece in reader.pieces(chunk):
            yield piece
    reader.close()
