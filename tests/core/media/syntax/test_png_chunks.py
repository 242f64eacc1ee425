"""What a PNG says beside its picture neither changes the picture nor makes it unreadable."""

from __future__ import annotations

import os
import zlib

import numpy as np
import pytest
from PIL import Image

from core.media.colour import icc, matrix_profile
from core.media.colour.matrix_profile import PRIMARIES, Curve
from core.media.frames import open_media
from core.media.syntax import png_chunks
from tests.media_factory import save_image
from tests.still_factory import make_png, png_chunk

SKIN = Image.new("RGB", (64, 48), (200, 150, 130))
PICTURE = np.asarray(SKIN)
LONG = os.urandom(700_000).hex().encode()
XMP = b'<rdf:Description tiff:Orientation="6"/>'
P3 = matrix_profile.build(PRIMARIES[12], Curve.SRGB)


def with_chunks(*chunks: bytes, late: bool = False) -> bytes:
    data = save_image(SKIN, "png")
    at = len(data) - 12 if late else 33  # before IEND, or after IHDR
    return data[:at] + b"".join(chunks) + data[at:]


def profile_chunk(profile: bytes) -> bytes:
    return png_chunk(b"iCCP", b"a name\0\0" + zlib.compress(profile))


def spoiled(chunk: bytes) -> bytes:
    return chunk[:-4] + bytes(4)


@pytest.mark.parametrize("late", [False, True], ids=["before the pixels", "after them"])
@pytest.mark.parametrize(
    "chunks",
    [
        [png_chunk(b"zTXt", b"workflow\0\0" + zlib.compress(LONG))],
        [png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(LONG))],
        [png_chunk(b"tEXt", b"prompt\0" + bytes([65]) * 3_000_000)] * 24,
        [spoiled(png_chunk(b"tEXt", b"Comment\0 a bad checksum"))],
        [png_chunk(b"tEXt", b"icc_profile\0no profile")],
        [png_chunk(b"tEXt", b"gamma\0no number")],
        [png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)],
    ],
    ids=["long", "long XMP", "many", "bad checksum", "named profile", "named gamma", "turned"],
)
def test_texts_in_a_png_do_not_touch_its_picture(chunks: list[bytes], late: bool) -> None:
    with open_media(with_chunks(*chunks, late=late)) as media:
        (frame,) = media.frames()
        assert (frame.pixels == PICTURE).all()
        assert media.info.notes == ()


def test_zeros_behind_a_cut_png_cost_next_to_nothing() -> None:
    cut = memoryview(make_png(np.zeros((64, 48, 3), np.uint8))[:-12] + bytes(2_000_000))
    assert [name for name, _ in png_chunks.chunks(cut)] == [b"IHDR", b"IDAT"]


@pytest.mark.parametrize("name", [b"gAMA", b"cHRM", b"sRGB", b"eXIf", b"tRNS"])
def test_a_property_with_a_wrong_checksum_does_not_count(name: bytes) -> None:
    with open_media(with_chunks(spoiled(png_chunk(name, bytes(32))))) as media:
        (frame,) = media.frames()
    assert (frame.pixels == PICTURE).all()


def test_a_profile_of_several_megabytes_is_applied() -> None:
    large = P3 + os.urandom(icc.MAX_PROFILE_BYTES - len(P3))
    with (
        open_media(with_chunks(profile_chunk(large))) as padded,
        open_media(with_chunks(profile_chunk(P3))) as plain,
    ):
        (frame,), (same,) = padded.frames(), plain.frames()
        assert padded.info.notes == ()
    assert (frame.pixels == same.pixels).all()
    assert np.abs(frame.pixels.astype(int) - PICTURE).max() > 5


@pytest.mark.parametrize(
    "chunk",
    [profile_chunk(P3 + bytes(64 * 1024**2)), png_chunk(b"iCCP", b"a name\0\0not compressed")],
    ids=["inflates", "damaged"],
)
def test_a_profile_that_is_damaged_or_inflates_is_left_out_and_noted(chunk: bytes) -> None:
    with open_media(with_chunks(chunk)) as media:
        (frame,) = media.frames()
        assert media.info.notes == ("icc_profile_ignored",)
    assert (frame.pixels == PICTURE).all()
