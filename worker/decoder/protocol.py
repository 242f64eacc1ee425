"""The wire between the worker and its decoder child, both ends of it.

The worker sends a request (a length of four bytes, big-endian, and that many bytes of JSON),
then the media bytes. The child answers with a message: length, JSON, and the parts whose sizes
the JSON lists under ``parts``. An answer is either ``{"ready": …}`` once at the start, or the
parts of :meth:`core.evidence.Evidence.to_wire`, or ``{"error": {"code", "message"}}``. Before the
answer to a file, messages ``{"frames_done": …}`` say how far the child has come. A request without
a size asks for the provenance of the file before it (:mod:`worker.decoder.origin`).

The child has touched an upload and may be under its author's control. So the worker reads with
:class:`MessageReader`, which refuses what is out of bounds before it makes room for it, and
:func:`parse_answer` believes nothing that an honest child could not have said.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Self

from core.errors import DecoderCrashed, DecoderError, DeepfakeError, MediaError, revive
from core.evidence import Cut, Evidence, ExtractOptions
from core.faces.face import MAX_FACES
from core.jpeg_header import claimed_size
from core.media.limits import MediaLimits
from core.options import Sampling
from core.printable import printable

MAX_ERROR_CHARACTERS = 500
_LENGTH = struct.Struct("!I")
_HEADER_BYTES, _HEADER_BYTES_A_PART = 4096, 16  # the sizes of the parts are written in it
_FILE_BYTES, _FRAME_BYTES, _FACE_BYTES = 64 * 1024, 512, 512  # of JSON; a face takes about 170


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large an honest answer can be, in bytes and in parts."""

    parts: int = 0
    part_bytes: int = 0
    total_bytes: int = 0
    frames: int = 0  # that it can say are done, before it answers

    @classmethod
    def of(cls, options: ExtractOptions) -> Self:
        """The most that a file can give: every frame full of faces, every crop pure noise."""
        crops, crop_bytes = options.frames * MAX_FACES, options.largest_crop
        previews = options.frames if options.preview_side else 0
        described = _FILE_BYTES + options.frames * _FRAME_BYTES + crops * _FACE_BYTES
        return cls(
            1 + crops + previews,
            max(described, crop_bytes, options.preview_bytes),
            described + crops * crop_bytes + previews * options.preview_bytes,
            options.frames,
        )

    @property
    def header_bytes(self) -> int:
        return _HEADER_BYTES + self.parts * _HEADER_BYTES_A_PART


@dataclass(frozen=True, slots=True)
class Message:
    """An answer of the child: a header, and byte strings that it need not quote in JSON."""

    header: dict[str, Any]
    parts: tuple[bytes, ...] = ()


class MessageReader:
    """Puts one message within ``bounds`` together from bytes as they arrive."""

    def __init__(self, bounds: Bounds, on_frame: Callable[[int], None] = lambda _: None) -> None:
        self._bounds = bounds
        self._on_frame = on_frame
        self._frames_done = 0
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._sizes: list[int] = []
        self._start = _LENGTH.size  # of the parts, once the header is known

    def feed(self, data: bytes) -> Message | None:
        """Take bytes; the message once it is whole.

        ``on_frame`` hears of every message before it that says how many frames are done.
        Raises :class:`DecoderCrashed` when a message is malformed or out of bounds, and when
        more bytes follow the answer: the child answers once when asked.
        """
        self._buffer += data
        while self._header is None and self._read_header():
            self._pass_progress_on()
        if self._header is None:
            return None
        missing = self._start + sum(self._sizes) - len(self._buffer)
        if missing > 0:
            return None
        if missing < 0:
            raise DecoderCrashed(f"The decoder's answer is followed by {-missing} more bytes.")
        return Message(self._header, tuple(self._parts()))

    def _pass_progress_on(self) -> None:
        """Hand on a message that tells progress, and make room for the next one.

        The numbers rise, so there are no more of them than frames that were asked for.
        """
        if self._header is None or "frames_done" not in self._header:
            return
        done, before, most = self._header["frames_done"], self._frames_done, self._bounds.frames
        if self._sizes or type(done) is not int or not before < done <= most:
            raise DecoderCrashed(
                f"The decoder says that {str(done)[:20]} frames are done after {before}; "
                f"{most} frames were asked for."
            )
        del self._buffer[: self._start]
        self._header, self._start, self._frames_done = None, _LENGTH.size, done
        self._on_frame(done)

    def _read_header(self) -> bool:
        """Whether there is a whole header, which is kept then."""
        if len(self._buffer) < _LENGTH.size:
            return False
        length, limit = _LENGTH.unpack_from(self._buffer)[0], self._bounds.header_bytes
        if length > limit:
            raise DecoderCrashed(
                f"The decoder's answer has a header of {length:,} bytes; the limit is {limit:,}."
            )
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return False
        self._header, self._sizes = _parse_header(self._buffer[_LENGTH.size : end], self._bounds)
        self._start = end
        return True

    def _parts(self) -> list[bytes]:
        parts, start = [], self._start
        for size in self._sizes:
            parts.append(bytes(self._buffer[start : start + size]))
            start += size
        return parts


def _parse_header(data: bytearray, bounds: Bounds) -> tuple[dict[str, Any], list[int]]:
    try:
        header = json.loads(data)
        sizes = header.pop("parts")
        fits = len(sizes) <= bounds.parts and all(
            type(size) is int and 0 <= size <= bounds.part_bytes for size in sizes
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DecoderCrashed(f"The decoder's answer is malformed: {error}.") from error
    if not fits or sum(sizes) > bounds.total_bytes:
        raise DecoderCrashed(
            f"The decoder's answer has {len(sizes)} parts or parts that are too large; the "
            f"limits are {bounds.parts} parts, {bounds.part_bytes:,} bytes each and "
            f"{bounds.total_bytes:,} in all."
        )
    return header, sizes


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do with the ``size`` bytes that follow."""

    size: int
    cpu_s: float  # CPU seconds that it may burn
    options: ExtractOptions
    keeps_media: bool = False  # until the next request, which asks for the provenance


@dataclass(frozen=True, slots=True)
class OriginRequest:
    """The child is asked what the file of the request before says of its own origin."""

    cpu_s: float


def encode_request(request: Request) -> bytes:
    """The request without its media bytes, which the caller sends after it."""
    options = request.options
    return _frame(
        {
            "size": request.size,
            "cpu_s": request.cpu_s,
            "keeps_media": request.keeps_media,
            "frames": options.frames,
            "sampling": options.sampling.value,
            "crop_size": options.crop_size,
            "crop_margin": options.crop_margin,
            "video_cut": None if options.video_cut is None else asdict(options.video_cut),
            "preview_side": options.preview_side,
            "preview_bytes": options.preview_bytes,
            "limits": asdict(options.limits),
        }
    )


def encode_origin_request(request: OriginRequest) -> bytes:
    """The request for a provenance."""
    return _frame({"cpu_s": request.cpu_s})


def read_request(stream: BinaryIO) -> Request | OriginRequest | None:
    """The next request, or None at the end of the stream. The worker is trusted."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    header: dict[str, Any] = json.loads(stream.read(_LENGTH.unpack(prefix)[0]))
    if "size" not in header:
        return OriginRequest(header["cpu_s"])
    video_cut = header["video_cut"]
    options = ExtractOptions(
        frames=header["frames"],
        sampling=Sampling(header["sampling"]),
        crop_size=header["crop_size"],
        crop_margin=header["crop_margin"],
        video_cut=None if video_cut is None else Cut(**video_cut),
        preview_side=header["preview_side"],
        preview_bytes=header["preview_bytes"],
        limits=MediaLimits(**header["limits"]),
    )
    return Request(header["size"], header["cpu_s"], options, header["keeps_media"])


def encode_ready(protections: Sequence[str]) -> bytes:
    """The first message: the child is loaded, and stands behind ``protections``."""
    return encode_message({"ready": {"protections": list(protections)}})


def parse_ready(message: Message) -> frozenset[str]:
    """The protections that hold. Raises :class:`DecoderCrashed` when it is another message."""
    try:
        return frozenset(map(str, message.header["ready"]["protections"]))
    except (LookupError, TypeError) as error:
        raise DecoderCrashed("The decoder's first message is not that it is ready.") from error


def encode_progress(frames_done: int) -> bytes:
    """That so many frames are decoded and searched, before the answer."""
    return encode_message({"frames_done": frames_done})


def encode_evidence(evidence: Evidence) -> bytes:
    """What was found in a file, as an answer."""
    return encode_message({}, evidence.to_wire())


def encode_error(error: DeepfakeError) -> bytes:
    """An error as an answer."""
    return encode_message({"error": {"code": error.code, "message": error.message}})


def parse_answer(message: Message, options: ExtractOptions) -> Evidence | MediaError | DecoderError:
    """What an answer says. Raises :class:`DecoderCrashed` when it makes no sense.

    Only errors that a decoder can meet are believed: a hijacked child must not be able to
    say "store_unavailable" and have its job run for ever.
    """
    if "error" not in message.header:
        return _within(Evidence.from_wire(message.parts), options)
    error = message.header["error"]
    if not isinstance(error, dict):
        raise DecoderCrashed("The decoder's answer is malformed: its error is no object.")
    text = printable(str(error.get("message")), MAX_ERROR_CHARACTERS)
    revived = revive(str(error.get("code")), text)
    if not isinstance(revived, (MediaError, DecoderError)):
        raise DecoderCrashed(f"The decoder answered with an error that it cannot meet: {text}")
    if isinstance(revived, DecoderCrashed):
        revived.reported = True
    return revived


def _within(evidence: Evidence, options: ExtractOptions) -> Evidence:
    """What an honest decoder can answer: what was asked for, and no more work for the model."""
    faces = max((len(frame.faces) for frame in evidence.frames), default=0)
    if len(evidence.frames) > options.frames or faces > MAX_FACES:
        raise DecoderCrashed(
            f"The decoder's answer has {len(evidence.frames)} frames with up to {faces} faces; "
            f"{options.frames} frames were asked for, and {MAX_FACES} faces are the limit."
        )
    if evidence.frames_requested != options.frames or evidence.moments_missed > options.frames:
        raise DecoderCrashed(
            f"The decoder's answer is for {evidence.frames_requested} frames of which "
            f"{evidence.moments_missed} are missing; {options.frames} frames were asked for."
        )
    for frame in evidence.frames:
        if frame.preview is not None:
            _check_preview(frame.preview, options)
    return evidence


def _check_preview(preview: bytes, options: ExtractOptions) -> None:
    """Browsers will be given it as a JPEG, so it has to begin like one that was asked for."""
    height, width = claimed_size(preview) or (0, 0)
    if not 0 < max(height, width) <= options.preview_side:
        raise DecoderCrashed(
            f"The decoder's answer has a preview that claims {width} x {height} pixels; at most "
            f"{options.preview_side} on a side were asked for."
        )
    if len(preview) > options.preview_bytes:
        raise DecoderCrashed(
            f"The decoder's answer has a preview of {len(preview):,} bytes; "
            f"the limit is {options.preview_bytes:,}."
        )


def encode_message(header: dict[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """A message of the child, ready for the pipe."""
    return _frame({**header, "parts": [len(part) for part in parts]}) + b"".join(parts)


def _frame(header: dict[str, Any]) -> bytes:
    """JSON behind its length."""
    data = json.dumps(header).encode()
    return _LENGTH.pack(len(data)) + data
