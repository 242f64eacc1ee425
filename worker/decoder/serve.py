"""The child's work: it loads, locks itself down, and answers one request after another."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import traceback

from av.error import FFmpegError

from core.errors import DecoderCrashed, DecoderOutOfMemory, DeepfakeError
from core.faces.face import FaceDetector
from core.media.origin.credentials import Verifier
from core.media.origin.reading import read_provenance
from core.pipeline.extraction import extract
from worker.decoder import origin, preload, protocol, sandbox
from worker.decoder.sandbox import Protection


def serve(
    held: list[Protection], memory_bytes: int, threads: int, trust_anchors: str | None = None
) -> None:
    """Serve requests until stdin ends; ``held`` are the protections that hold already."""
    requests, answers = _take_pipes()
    faces = preload.load(threads)
    verifier = Verifier.load(trust_anchors)
    preload.refuse_late_imports()
    _send(answers, protocol.encode_ready([*held, *sandbox.lock_down(memory_bytes)]))
    preload.compile_networks(faces)  # while no file is here yet
    sandbox.refuse_machine_code()
    media = bytearray()
    while (request := protocol.read_request(requests)) is not None:
        if isinstance(request, protocol.OriginRequest):
            _send(answers, _answer_origin(request, media, verifier))
            media = bytearray()
            continue
        media, answer = _answer(_within(request, threads), requests, answers, faces)
        if not request.keeps_media:
            media = bytearray()
        _send(answers, answer)


def _within(request: protocol.Request, threads: int) -> protocol.Request:
    """The request, for as many threads as this child was started with."""
    limits = dataclasses.replace(request.options.limits, threads=threads)
    options = dataclasses.replace(request.options, limits=limits)
    return dataclasses.replace(request, options=options)


def _take_pipes() -> tuple[io.BufferedReader, io.BufferedWriter]:
    """Keep the pipes to ourselves; what libraries print to stdout goes to stderr instead."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, answers


def _answer(
    request: protocol.Request,
    requests: io.BufferedReader,
    answers: io.BufferedWriter,
    faces: FaceDetector,
) -> tuple[bytearray, bytes]:
    """The bytes of the file, as far as there was room for them, and what to say of it."""
    data = bytearray()

    def tell(frames_done: int) -> None:
        _send(answers, protocol.encode_progress(frames_done))

    try:
        sandbox.allow_cpu(request.cpu_s)
        data = _read_media(requests, request.size)
        return data, protocol.encode_evidence(extract(data, request.options, faces, tell))
    except Exception as error:  # noqa: BLE001 - the worker is told, and decides
        return data, protocol.encode_error(_as_told(error))


def _answer_origin(request: protocol.OriginRequest, media: bytearray, verifier: Verifier) -> bytes:
    try:
        sandbox.allow_cpu(request.cpu_s)
        return origin.encode(read_provenance(media, verifier))
    except Exception as error:  # noqa: BLE001 - a verdict does not depend on it
        return protocol.encode_error(_as_told(error))


def _as_told(error: Exception) -> DeepfakeError:
    """The error that the worker is told; the worker's log gets the rest from stderr."""
    if _is_out_of_memory(error):
        return DecoderOutOfMemory("Decoding the file needs more memory than the decoder may use.")
    if isinstance(error, DeepfakeError) and not _is_refused(error):
        return error
    traceback.print_exception(error)
    return DecoderCrashed(
        f"The decoder failed inside ({type(error).__name__}); the worker's log has the cause."
    )


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    # OpenCV and OpenVINO wrap std::bad_alloc in errors of their own
    return "Insufficient memory" in str(error) or "bad_alloc" in str(error)


def _is_refused(error: BaseException | None) -> bool:
    """Whether an import or a system call that failed is behind an error that blames the file.

    FFmpeg's errors are no witnesses: it returns -1, which is EPERM, for many damaged files.
    """
    while error is not None:
        if isinstance(error, ImportError):
            return True
        refused = isinstance(error, OSError) and error.errno in (errno.EPERM, errno.EACCES)
        if refused and not isinstance(error, FFmpegError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _read_media(requests: io.BufferedReader, size: int) -> bytearray:
    try:
        data = bytearray(size)
    except MemoryError:
        _discard(requests, size)  # the worker takes an answer only when all is read
        raise
    view, done = memoryview(data), 0
    while done < size:
        count = requests.readinto(view[done:])
        if not count:
            raise DecoderCrashed(f"The upload ended after {done:,} of {size:,} bytes.")
        done += count
    return data


def _discard(requests: io.BufferedReader, size: int) -> None:
    scratch = memoryview(bytearray(64 * 1024))
    while size > 0 and (count := requests.readinto(scratch[: min(size, len(scratch))])):
        size -= count


def _send(answers: io.BufferedWriter, message: bytes) -> None:
    answers.write(message)
    answers.flush()
