"""Films with unusual times, in company of other streams, and shown in unusual ways."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from tests.media.form import Form, form
from tests.media.mux import cover, fonts, second_film, sound, subtitles, timecode

_SLIDES = [0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 22.0]
_LATE_LAST = [*(number / 25 for number in range(99)), 12.0]
_UNEVEN = [number / 25 + (number % 3 > 0) * 0.013 + (number > 60) * 1.7 for number in range(100)]
_PAUSED = [number / 25 + (number > 30) * 30 for number in range(60)]
_CLOCK_S = 2**33 / 90_000  # when the 33 bits of an MPEG clock run over


def forms() -> Iterator[Form]:
    yield from _times()
    yield from _sound()
    yield from _subtitles()
    yield from _other_streams()
    yield from _turned()
    yield from _colours()


def _times() -> Iterator[Form]:
    for kind in ("mp4/h264", "mov/hevc", "mkv/h264", "webm/vp9", "ts/h264"):
        yield form(kind, "begins at 10 s", start_s=10)
        yield form(kind, "of variable rate", times_s=_UNEVEN)
    for kind in ("mp4/h264", "mov/hevc", "mkv/h264"):
        yield form(kind, "with a late last frame", times_s=_LATE_LAST)
    for kind in ("mp4/h264-few", "mkv/h264-few", "ts/h264-few"):
        yield form(kind)
        yield form(kind, "with a late last frame", times_s=_SLIDES)
    for kind in ("mp4/h264-one", "mkv/h264-one", "ts/h264-one", "avi/mjpeg-one"):
        yield form(kind)
    yield form("avi/mjpeg", "with a pause", times_s=_PAUSED)
    yield form("ts/h264", "whose clock runs over", start_s=_CLOCK_S - 3.4)
    yield form("mkv/h264-long", "begins at 70 s", start_s=70)


def _sound() -> Iterator[Form]:
    for kind, codec in {
        "mp4/h264": "aac",
        "mov/h264": "pcm_s16le",
        "mkv/h264": "libopus",
        "webm/vp9": "libopus",
        "avi/mpeg4-no-b": "libmp3lame",
        "ts/h264": "aac",
    }.items():
        yield form(kind, "with sound", sound(codec, 4))
        yield form(kind, "with longer sound", sound(codec, 9))
    for kind in ("mkv/h264-long", "webm/vp8-long"):
        yield form(kind, "with longer sound", sound("libopus", 100))


def _subtitles() -> Iterator[Form]:
    for kind, codec in (
        ("mkv/h264", "srt"),
        ("mkv/h264", "ass"),
        ("mkv/h264", "webvtt"),
        ("webm/vp9", "webvtt"),
        ("mp4/h264", "mov_text"),
        ("mov/h264", "mov_text"),
    ):
        yield form(kind, f"with {codec}", subtitles(codec))
        yield form(kind, f"with 18 {codec}", subtitles(codec, 18))


def _other_streams() -> Iterator[Form]:
    yield form("mkv/h264", "with 20 fonts", fonts(20))
    all_of_it = subtitles("ass", 3), fonts(20), sound("libopus", 4)
    yield form("mkv/h264", "with fonts, subtitles and sound", *all_of_it)
    yield form("mov/prores", "with a timecode", timecode())
    yield form("mov/h264", "with a timecode and sound", timecode(), sound("aac", 4))
    for container in ("mp4", "mov", "mkv"):
        yield form(f"{container}/h264", "with cover art", cover())
        yield form(f"{container}/h264", "with a second film", second_film("h264-few"))
        yield form(f"{container}/h264", "with a longer second film", second_film("h264-long"))


def _turned() -> Iterator[Form]:
    for container in ("mp4", "mov", "mkv"):
        for angle in (90, 180, 270):
            yield form(f"{container}/h264", f"turned by {angle}", rotation=angle)
        yield form(f"{container}/h264", "mirrored", mirrored=True)
        yield form(f"{container}/hevc", "turned and mirrored", rotation=90, mirrored=True)
    for container in ("mp4", "mov"):
        yield form(f"{container}/h264", "stretched by the container", aspect=Fraction(4, 3))
    for container in ("mp4", "mkv", "ts"):
        yield form(f"{container}/h264-stretched")
    yield form("webm/vp8-small", "then larger", then="vp8")
    yield form("webm/vp8", "then smaller", then="vp8-small")


def _colours() -> Iterator[Form]:
    for container in ("mp4", "mkv"):
        yield form(f"{container}/hevc-pq")
    for container in ("mov", "mkv", "ts"):
        yield form(f"{container}/hevc-hlg")
    for container in ("mp4", "mkv"):
        yield form(f"{container}/hevc-wide-gamut")
    for container in ("mp4", "webm"):
        yield form(f"{container}/av1-pq")
    for container in ("mp4", "mkv", "ts"):
        yield form(f"{container}/h264-full-range")
        yield form(f"{container}/h264-wide")
    for container in ("mov", "mp4", "avi"):
        yield form(f"{container}/png-icc")
    yield form("mov/png-icc", "turned by 90", rotation=90)
    for container in ("mov", "mkv", "avi"):
        yield form(f"{container}/mjpeg-icc")
