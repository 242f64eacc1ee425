"""Small files that claim to be enormous: a real child refuses them by name and stays small."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import MediaError
from core.evidence import ExtractOptions
from tests.media_factory import make_animation, make_image, make_video
from tests.still_factory import claiming
from worker.decoder.config import DecoderConfig
from worker.decoder.pool import DecoderPool

PATIENT_S = 120.0
MOST_GROWTH_MIB = 64  # over the child that has read an honest file of each kind
FAR = 0x7FFFFFFF


def _patched(data: bytes, mark: bytes, behind: int, form: str, *values: int) -> bytes:
    """The numbers at each place that is ``behind`` bytes after a mark."""
    hurt, at = bytearray(data), 0
    while (at := data.find(mark, at)) >= 0:
        struct.pack_into(form, hurt, at + behind, *values)
        at += 1
    assert hurt != data
    return bytes(hurt)


def _webp_canvas() -> bytes:
    return _patched(make_animation(2, format="webp"), b"VP8X", 12, "<6B", *([0xFF] * 6))


def _gif_picture() -> bytes:
    """Pictures as large as the screen, which is as large as it can be."""
    data = make_animation(3)
    return data[:6] + struct.pack("<HH", 65_535, 65_535) + data[10:]


def _heif_size(name: str) -> bytes:
    return _patched(make_image(name), b"ispe", 8, ">II", FAR, FAR)


def _film(mark: bytes, behind: int, form: str, *values: int) -> bytes:
    return _patched(make_video(frames=7, b_frames=2), mark, behind, form, *values)


BOMBS: dict[str, Callable[[], bytes]] = {
    **{name: partial(claiming, name, (60_000, 60_000)) for name in ("png", "gif", "tiff", "jpeg")},
    "bmp": partial(claiming, "bmp", (60_000, 60_000)),
    "webp with a canvas of 16,777,216 pixels a side": _webp_canvas,
    "gif with a screen of 65,535 pixels a side": _gif_picture,
    "avif": partial(_heif_size, "avif"),
    "heic": partial(_heif_size, "heic"),
    "mp4 with 2 billion samples": partial(_film, b"stsz", 4, ">III", 0, 0, FAR),
    "mp4 with 2 billion samples of one size": partial(_film, b"stsz", 4, ">III", 0, 1, FAR),
    "mp4 with 2 billion durations": partial(_film, b"stts", 8, ">I", FAR),
    "mp4 with 2 billion samples in one run": partial(_film, b"stts", 8, ">II", 1, FAR),
    "mp4 with 2 billion chunks": partial(_film, b"stsc", 8, ">I", FAR),
    "mp4 with 2 billion places": partial(_film, b"stco", 8, ">I", FAR),
    "mp4 with 2 billion keyframes": partial(_film, b"stss", 8, ">I", FAR),
    "mp4 with a picture of 65,535 pixels a side": partial(_film, b"avc1", 28, ">HH", 65535, 65535),
}


# What is claimed twice: the samples tell how many there are, and the codec how large its pictures.
HARMLESS = {
    "mp4 with 2 billion samples in one run",
    "mp4 with 2 billion places",
    "mp4 with a picture of 65,535 pixels a side",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    made = DecoderPool(DecoderConfig(), 1)
    made.wait_ready()
    for name in ("png", "tiff", "webp", "heic", "avif"):
        _end(made, make_image(name))
    _end(made, make_video(frames=7, b_frames=2))
    yield made
    made.close()


def _end(pool: DecoderPool, data: bytes) -> MediaError | None:
    try:
        pool.extract(iter([data]), len(data), ExtractOptions(), deadline_s=PATIENT_S)
    except MediaError as error:
        return error
    return None


def _peak_mib(pool: DecoderPool) -> tuple[int, int]:
    """The child, and the most memory that it ever had."""
    child = pool._idle[-1]  # the one that takes the next file
    status = Path(f"/proc/{child.pid}/status").read_text()
    (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return child.pid, int(peak) // 1024


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_memory(pool: DecoderPool, name: str) -> None:
    child, before = _peak_mib(pool)
    error = _end(pool, BOMBS[name]())
    same, after = _peak_mib(pool)
    assert same == child  # it neither crashed nor ran out of memory
    assert after - before < MOST_GROWTH_MIB
    assert (error is None) == (name in HARMLESS)
