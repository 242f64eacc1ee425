"""Whether the sandboxed decoder says of a file what open code says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import DeepfakeError, MediaError
from core.evidence import ExtractOptions
from core.media.frames import open_media
from core.options import Sampling
from worker.decoder.config import DecoderConfig
from worker.decoder.pool import DecoderPool

# Few frames, because the sandboxed decoder looks for faces in each; in exact sampling, because
# that one decodes on and on, with all threads.
_COUNT, _SAMPLING = 3, Sampling.EXACT
_DEADLINE_S = 60.0


@contextmanager
def decoder(spare: int = 1) -> Iterator[DecoderPool]:
    """The decoder as a worker starts it, with one child, and others that take its place at once."""
    pool = DecoderPool(DecoderConfig(), 1, spare=spare)
    try:
        pool.wait_ready()
        yield pool
    finally:
        pool.close()


def sandboxed_faults(pool: DecoderPool, data: bytes) -> list[str]:
    """How the two differ, in words."""
    inside, outside = _inside(pool, data), _outside(data)
    return [] if inside == outside else [f"sandboxed: {inside}", f"open: {outside}"]


def _inside(pool: DecoderPool, data: bytes) -> object:
    options = ExtractOptions(frames=_COUNT, sampling=_SAMPLING)
    try:
        evidence = pool.extract(iter([data]), len(data), options, deadline_s=_DEADLINE_S)
    except DeepfakeError as error:
        return error.code, error.message
    frames = [(frame.index, frame.timestamp_s, frame.keyframe) for frame in evidence.frames]
    return evidence.media, frames


def _outside(data: bytes) -> object:
    try:
        with open_media(data) as media:
            frames = list(media.frames(_COUNT, _SAMPLING))
    except MediaError as error:
        return error.code, error.message
    return media.info, [(frame.index, frame.timestamp_s, frame.keyframe) for frame in frames]
