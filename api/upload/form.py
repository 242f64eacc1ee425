"""multipart/form-data (RFC 7578) as it arrives; nothing is kept but short form fields."""

from __future__ import annotations

import re
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.problems import InvalidParameter, MalformedRequest

MAX_PARTS: Final = 40  # the file, 32 tags and the other options
MAX_FIELD_BYTES: Final = 1024
MAX_HEADERS: Final = 8
MAX_HEADER_BYTES: Final = 4096
MAX_PREAMBLE_BYTES: Final = 8192  # before the first boundary, where it means nothing
# What a body may hold beside its file.
OVERHEAD_BYTES: Final = MAX_PREAMBLE_BYTES + MAX_PARTS * (
    MAX_FIELD_BYTES + MAX_HEADERS * MAX_HEADER_BYTES
)
_PLAIN_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary"})


class _Preamble:
    """Holds a body back until its first boundary, and gives it from there on.

    RFC 2046 allows any text before the first boundary, and blanks behind it; the parser
    takes neither.
    """

    def __init__(self, boundary: bytes) -> None:
        self._start = b"--" + boundary
        line = re.escape(self._start)
        self._pattern = re.compile(rb"(?:\A|\r\n)" + line + rb"(?:[ \t]*(\r\n)|(--))")
        self._held: bytearray | None = bytearray()

    def skip(self, chunk: bytes) -> bytes:
        """What of the chunk goes to the parser; raises MalformedRequest without a boundary."""
        if self._held is None:
            return chunk
        self._held += chunk
        longest = MAX_PREAMBLE_BYTES + len(self._start)
        if found := self._pattern.search(self._held, 0, longest):
            rest = self._start + (found[1] or found[2]) + self._held[found.end() :]
            self._held = None
            return rest
        if len(self._held) > longest:
            raise MalformedRequest(
                "The multipart body is malformed: the boundary that its Content-Type names does "
                f"not come within its first {MAX_PREAMBLE_BYTES:,} bytes."
            )
        return b""


class MultipartReader:
    """A push parser: feed it chunks, it gives back the bytes of the one file part.

    Raises MalformedRequest when the body is no form with exactly one ``file``, and
    InvalidParameter when a field is too long.
    """

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise MalformedRequest("The Content-Type multipart/form-data names no boundary.")
        self.fields: dict[str, list[str]] = {}
        self._file = bytearray()
        self._files = self._parts = 0
        self._ended = self._is_file = self._chosen = False
        self._name, self._value = "", bytearray()
        self._header_name, self._header_value = bytearray(), bytearray()
        self._headers: dict[str, str] = {}
        self._preamble = _Preamble(boundary)
        try:
            self._parser = self._make_parser(boundary)
        except FormParserError as error:
            raise MalformedRequest(f"The multipart boundary is unusable: {error}.") from error

    def feed(self, chunk: bytes) -> bytes:
        """The file's bytes in this chunk of the body."""
        try:
            self._parser.write(self._preamble.skip(chunk))
        except FormParserError as error:
            raise MalformedRequest(f"The multipart body is malformed: {error}.") from error
        data, self._file = bytes(self._file), bytearray()
        return data

    def close(self) -> None:
        """Check that the form is complete."""
        if not self._ended:
            raise MalformedRequest("The multipart body ends before its last boundary.")
        if self._files != 1:
            raise MalformedRequest("The form needs one part named 'file'; it has none.")

    def _make_parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MalformedRequest(f"The form has more than {MAX_PARTS} parts.")
        self._headers, self._value = {}, bytearray()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        name = self._header_name.decode("latin-1").lower()
        self._headers[name] = self._header_value.decode("latin-1")
        self._header_name, self._header_value = bytearray(), bytearray()

    def _end_headers(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition", ""))
        if kind != b"form-data" or b"name" not in options:
            raise MalformedRequest("A part has no 'Content-Disposition: form-data; name=…'.")
        self._name = options[b"name"].decode("utf-8", "replace")
        encoding = self._headers.get("content-transfer-encoding", "").strip().lower()
        if encoding not in _PLAIN_ENCODINGS:
            raise MalformedRequest(
                f"The part {self._name[:60]!r} has Content-Transfer-Encoding {encoding[:60]!r}; "
                "send its bytes as they are."
            )
        self._is_file = self._name == "file" or b"filename" in options
        # Where no file was chosen, browsers send a part with an empty name and without a byte.
        self._chosen = options.get(b"filename") != b""
        if self._is_file and self._chosen:
            self._count_file()

    def _count_file(self) -> None:
        if self._name != "file":
            raise MalformedRequest(f"The file part must be named 'file', not {self._name[:60]!r}.")
        self._files += 1
        if self._files > 1:
            raise MalformedRequest("The form has more than one part named 'file'; send one.")

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            if not self._chosen:
                self._chosen = True
                self._count_file()
            self._file += memoryview(data)[start:end]
            return
        self._value += data[start:end]
        if len(self._value) > MAX_FIELD_BYTES:
            raise InvalidParameter(
                f"The form field {self._name[:60]!r} is longer than {MAX_FIELD_BYTES} bytes."
            )

    def _end_part(self) -> None:
        if not self._is_file:
            text = self._value.decode("utf-8", "replace")
            self.fields.setdefault(self._name, []).append(text)

    def _end(self) -> None:
        self._ended = True
