"""The decoder child: ``python -m worker.decoder PARENT_PID MEMORY_BYTES THREADS``.

The only process that touches uploads. It reads requests from stdin and answers on stdout
(:mod:`worker.decoder.messages`); it holds no secret, no model and no connection, so what a
hostile file can take over here is worth nothing. Started by :class:`worker.decoder.child.Child`.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import io
import os
import sys
import traceback

import numpy as np

from core.errors import DecoderCrashed, DecoderOutOfMemory, DeepfakeError
from core.faces.detector import FaceDetector, load_face_detector
from core.pipeline.extraction import extract

# Libraries that import parts of themselves, or are imported, on the first file that needs them.
# Libraries that import parts of themselves, or are imported, on the first file that needs them.
from worker.decoder import messages, sandbox, wire

# Libraries that import parts of themselves, or are imported, on the first file that needs them.
# tests/worker/decoder/test_main.py has a file of every kind to notice when one is missing.
_IMPORTED_WHEN_FIRST_USED = ("av.subtitles.stream", "pillow_heif")


def main(arguments: list[str]) -> int:
    """Serve requests until stdin ends."""
    parent_pid, memory_bytes, threads = (int(argument) for argument in arguments)
    sandbox.die_with_parent(parent_pid)
    requests, answers = _take_pipes()
    faces = _load(threads)
    held = sandbox.lock_down(memory_bytes)
    ready = {"protections": [protection.value for protection in held]}
    _send(answers, wire.encode_message({"ready": ready}))
    for shape in ((448, 256, 3), (320, 320, 3)):  # while no file is here yet
        faces.detect(np.zeros(shape, np.uint8))
    while (request := messages.read_request(requests)) is not None:
        _send(answers, _answer(request, requests, faces))
    return 0


def _take_pipes() -> tuple[io.BufferedReader, io.BufferedWriter]:
    """Keep the pipes to ourselves; what libraries print to stdout goes to stderr instead."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, answers


def _load(threads: int) -> FaceDetector:
    """Do now whatever opens a file: soon no file can be opened any more."""
    for name in _IMPORTED_WHEN_FIRST_USED:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    faces = load_face_detector(threads=threads)
    faces.detect(np.zeros((256, 448, 3), np.uint8))
    gc.freeze()
    return faces


def _answer(request: messages.Request, requests: io.BufferedReader, faces: FaceDetector) -> bytes:
    try:
        sandbox.allow_cpu(request.cpu_s)
        data = _read_media(requests, request.size)
        return wire.encode_message({}, extract(data, request.options, faces).to_wire())
    except DeepfakeError as error:
        return messages.encode_error(error)
    except Exception as error:  # noqa: BLE001 - the worker is told, and decides
        if _is_out_of_memory(error):
            return messages.encode_error(
                DecoderOutOfMemory("Decoding the file needs more memory than the decoder may use.")
            )
        traceback.print_exc()
        return messages.encode_error(
            DecoderCrashed(f"The decoder failed with {type(error).__name__}: {error}")
        )


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


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    # OpenCV and OpenVINO wrap std::bad_alloc in errors of their own
    return "Insufficient memory" in str(error) or "bad_alloc" in str(error)


def _send(answers: io.BufferedWriter, message: bytes) -> None:
    answers.write(message)
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
