"""Damaged files through the sandboxed decoder: a result or an error of the file, nothing worse."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import MediaError
from core.evidence import ExtractOptions
from core.options import Sampling
from tests.media.form import form
from tests.media.mux import fonts, subtitles
from tests.media.stills import STILLS
from tests.worker.media_factory import heic_sequence
from worker.decoder.pool import DecoderPool

_MAKERS: dict[str, Callable[[], bytes]] = {
    "mp4": form("mp4/h264-few").build,
    "mp4, header in front": form("mp4/h264-few", options={"moov_size": "2000"}).build,
    "fragmented mp4": form("fmp4/h264-few").build,
    "mov": form("mov/dnxhr").build,
    "mkv with subtitles": form("mkv/h264-few", "", subtitles("ass", 2), fonts(2)).build,
    "mov, hevc": form("mov/hevc-hlg").build,
    "webm, av1": form("webm/av1-pq").build,
    "ts": form("ts/h264-few").build,
    "avi": form("avi/mjpeg").build,
    "heic animated": heic_sequence,
    **{
        kind: STILLS[kind]
        for kind in (
            *("jpeg with a profile", "jpeg of two pictures", "png P", "tiff tiff_lzw", "webp"),
            *("avif", "heic", "gif animated", "webp animated", "png animated", "avif animated"),
        )
    },
}
FILES = {name: cache(make) for name, make in _MAKERS.items()}  # asked for by every example
_DEADLINE_S = 20.0  # a limit that only a broken decoder reaches


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes flipped, near the front more often than not; then the end cut off, or not."""
    hurt = bytearray(whole)
    for _ in range(draw(st.integers(0, 8))):
        reach = draw(st.sampled_from([min(512, len(hurt)), len(hurt)]))
        hurt[draw(st.integers(0, reach - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del hurt[draw(st.integers(1, len(hurt))) :]
    return bytes(hurt)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_a_damaged_file_gives_frames_in_order_or_an_error_of_the_file(
    pool: DecoderPool, name: str, data: st.DataObject
) -> None:
    hurt = data.draw(damaged(FILES[name]()))
    options = ExtractOptions(frames=2, sampling=data.draw(st.sampled_from(Sampling)))
    with contextlib.suppress(MediaError):
        evidence = pool.extract(iter([hurt]), len(hurt), options, deadline_s=_DEADLINE_S)
        times = [(frame.index, frame.timestamp_s) for frame in evidence.frames]
        assert len(times) <= 2
        assert all(
            before[0] < after[0] and before[1] < after[1] for before, after in pairwise(times)
        )
