"""How the worker and its decoder child cut a pipe into messages.

A message is a four-byte big-endian length, that many bytes of JSON, and the parts whose
sizes the JSON lists. The worker reads with :class:`MessageReader`, which takes bytes as they
come and refuses whatever is out of bounds before it makes room for it: the child has touched
an upload and may be under its author's control.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from core.errors import DecoderCrashed

MAX_HEADER_BYTES = 256 * 1024  # 50 frames of 8 faces take 70 kB
MAX_PARTS = 4096
MAX_PART_BYTES = 8 * 1024**2
MAX_MESSAGE_BYTES = 64 * 1024**2
_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Message:
    """An answer of the child: a header, and byte strings that it need not quote in JSON."""

    header: dict[str, Any]
    parts: tuple[bytes, ...] = ()


def encode_message(header: dict[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """One answer of the child, ready for the pipe."""
    return frame({**header, "parts": [len(part) for part in parts]}) + b"".join(parts)


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next JSON object of a trusted stream, or None at its end."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    header: dict[str, Any] = json.loads(stream.read(_LENGTH.unpack(prefix)[0]))
    return header


class MessageReader:
    """Puts one message together from bytes as they arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._sizes: list[int] = []
        self._start = _LENGTH.size  # of the parts, once the header is known

    def feed(self, data: bytes) -> Message | None:
        """Take bytes; the message once it is whole.

        Raises :class:`DecoderCrashed` when it is malformed, out of bounds or followed by
        more bytes: the child speaks once when asked.
        """
        self._buffer += data
        if self._header is None:
            self._read_header()
        if self._header is None:
            return None
        missing = self._start + sum(self._sizes) - len(self._buffer)
        if missing > 0:
            return None
        if missing < 0:
            raise DecoderCrashed(f"The decoder's answer is followed by {-missing} more bytes.")
        return Message(self._header, tuple(self._parts()))

    def _read_header(self) -> None:
        if len(self._buffer) < _LENGTH.size:
            return
        length = _LENGTH.unpack_from(self._buffer)[0]
        if length > MAX_HEADER_BYTES:
            raise DecoderCrashed(
                f"The decoder's answer has a header of {length:,} bytes; "
                f"the limit is {MAX_HEADER_BYTES:,}."
            )
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return
        self._header, self._sizes = _parse(self._buffer[_LENGTH.size : end])
        self._start = end

    def _parts(self) -> list[bytes]:
        parts, start = [], self._start
        for size in self._sizes:
            parts.append(bytes(self._buffer[start : start + size]))
            start += size
        return parts


def _parse(data: bytearray) -> tuple[dict[str, Any], list[int]]:
    try:
        header = json.loads(data)
        sizes = header.pop("parts")
        fits = len(sizes) <= MAX_PARTS and all(
            type(size) is int and 0 <= size <= MAX_PART_BYTES for size in sizes
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DecoderCrashed(f"The decoder's answer is malformed: {error}.") from error
    if not fits or sum(sizes) > MAX_MESSAGE_BYTES:
        raise DecoderCrashed(
            f"The decoder's answer has {len(sizes)} parts or parts that are too large; the "
            f"limits are {MAX_PARTS} parts, {MAX_PART_BYTES:,} bytes each and "
            f"{MAX_MESSAGE_BYTES:,} in all."
        )
    return header, sizes


def frame(header: dict[str, Any]) -> bytes:
    """JSON behind its length."""
    data = json.dumps(header).encode()
    return _LENGTH.pack(len(data)) + data
