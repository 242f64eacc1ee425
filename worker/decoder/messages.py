"""What the worker asks of its decoder child, and what it believes of the answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import BinaryIO

from core.errors import DecoderCrashed, DecoderError, DeepfakeError, MediaError, revive
from core.evidence import Evidence, ExtractOptions
from core.faces.detector import MAX_FACES
from core.media.limits import MediaLimits
from core.options import Sampling
from worker.decoder import wire

MAX_ERROR_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do with the ``size`` bytes that follow."""

    size: int
    cpu_s: float  # CPU seconds that it may burn
    options: ExtractOptions


def encode_request(request: Request) -> bytes:
    """The request without its media bytes, which the caller sends after it."""
    options = request.options
    return wire.frame(
        {
            "size": request.size,
            "cpu_s": request.cpu_s,
            "frames": options.frames,
            "sampling": options.sampling.value,
            "crop_size": options.crop_size,
            "limits": asdict(options.limits),
        }
    )


def read_request(stream: BinaryIO) -> Request | None:
    """The next request, or None at the end of the stream."""
    header = wire.read_frame(stream)
    if header is None:
        return None
    options = ExtractOptions(
        frames=header["frames"],
        sampling=Sampling(header["sampling"]),
        crop_size=header["crop_size"],
        limits=MediaLimits(**header["limits"]),
    )
    return Request(size=header["size"], cpu_s=header["cpu_s"], options=options)


def encode_error(error: DeepfakeError) -> bytes:
    """An error as an answer."""
    return wire.encode_message({"error": {"code": error.code, "message": error.message}})


def parse_answer(
    message: wire.Message, options: ExtractOptions
) -> Evidence | MediaError | DecoderError:
    """What an answer says. Raises :class:`DecoderCrashed` when it makes no sense.

    Only errors that a decoder can meet are believed: a hijacked child must not be able to
    say "store_unavailable" and have its job run for ever.
    """
    if "error" not in message.header:
        return _within(Evidence.from_wire(message.parts), options)
    error = message.header["error"]
    if not isinstance(error, dict):
        raise DecoderCrashed("The decoder's answer is malformed: its error is no object.")
    text = str(error.get("message"))[:MAX_ERROR_CHARACTERS]
    revived = revive(str(error.get("code")), text)
    if not isinstance(revived, (MediaError, DecoderError)):
        raise DecoderCrashed(f"The decoder answered with an error that it cannot meet: {text}")
    return revived


def _within(evidence: Evidence, options: ExtractOptions) -> Evidence:
    """No more work for the model than an honest decoder can cause."""
    faces = max((len(frame.faces) for frame in evidence.frames), default=0)
    if len(evidence.frames) > options.frames or faces > MAX_FACES:
        raise DecoderCrashed(
            f"The decoder's answer has {len(evidence.frames)} frames with up to {faces} faces; "
            f"{options.frames} frames were asked for, and {MAX_FACES} faces are the limit."
        )
    return evidence
