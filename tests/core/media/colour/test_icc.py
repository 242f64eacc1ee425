"""Pictures in other colour spaces come out as sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from core.media.colour import icc, matrix_profile
from core.media.colour.matrix_profile import ADOBE_RGB, PRIMARIES, SRGB, Curve
from core.media.frames import open_media
from tests.media_factory import make_image, picture, save_image

DISPLAY_P3 = PRIMARIES[12]
# CSS Color 4, "Sample code for color conversions", rounded: linear RGB to CIE XYZ under D65.
_TO_XYZ = {
    "p3": [[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0.0, 0.04511, 1.04394]],
    "adobe": [
        [0.57667, 0.18556, 0.18823],
        [0.29734, 0.62736, 0.07529],
        [0.02703, 0.07069, 0.99134],
    ],
}
_XYZ_TO_SRGB = [
    [3.24097, -1.53738, -0.49861],
    [-0.96924, 1.87597, 0.04156],
    [0.05563, -0.20398, 1.05697],
]
SKIN = (200, 150, 130)


def expected(colour: tuple[int, int, int], space: str) -> NDArray[np.float64]:
    """The sRGB numbers of a colour, by the published matrices."""
    share = np.array(colour) / 255
    light = share**2.2 if space == "adobe" else ((share + 0.055) / 1.055) ** 2.4
    linear = np.array(_XYZ_TO_SRGB) @ np.array(_TO_XYZ[space]) @ light
    srgb: NDArray[np.float64] = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    return srgb


def shown(data: bytes) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The middle pixel, and the notes."""
    with open_media(data) as media:
        (frame,) = media.frames()
        return frame.pixels[
            frame.pixels.shape[0] // 2, frame.pixels.shape[1] // 2
        ], media.info.notes


def flat(mode: str = "RGB", colour: tuple[int, ...] | int = SKIN) -> Image.Image:
    return Image.new(mode, (32, 32), colour)


@pytest.mark.parametrize("name", ["jpeg", "png", "tiff", "webp", "avif", "heic"])
@pytest.mark.parametrize(
    ("space", "profile"),
    [
        ("p3", matrix_profile.build(DISPLAY_P3, Curve.SRGB)),
        ("adobe", matrix_profile.build(ADOBE_RGB, Curve.GAMMA_22)),
    ],
    ids=["p3", "adobe"],
)
def test_a_picture_with_a_profile_is_converted_to_srgb(
    name: str, space: str, profile: bytes
) -> None:
    image = flat()
    image.info["icc_profile"] = profile  # HEIC takes it from here
    pixel, notes = shown(save_image(image, name, icc_profile=profile, quality=95))
    assert np.abs(pixel - expected(SKIN, space)).max() <= 3
    assert notes == ()


def test_every_frame_of_an_animation_is_converted() -> None:
    frames = [flat(colour=SKIN), flat(colour=(50, 60, 200))]
    out = io.BytesIO()
    profile = matrix_profile.build(DISPLAY_P3, Curve.SRGB)
    frames[0].save(
        out, "WEBP", save_all=True, append_images=frames[1:], lossless=True, icc_profile=profile
    )
    with open_media(out.getvalue()) as media:
        pixels = [frame.pixels[16, 16] for frame in media.frames()]
    assert np.abs(pixels[0] - expected(SKIN, "p3")).max() <= 2


def test_transparent_pixels_are_converted_before_they_are_laid_over_white() -> None:
    profile = matrix_profile.build(DISPLAY_P3, Curve.SRGB)
    image = flat("RGBA", (*SKIN, 128))
    pixel, _ = shown(save_image(image, "png", icc_profile=profile))
    assert np.abs(pixel - (expected(SKIN, "p3") * 128 + 255 * 127) / 255).max() <= 2


def test_a_grey_photo_with_a_profile_of_colours_keeps_it() -> None:
    profile = matrix_profile.build(SRGB, Curve.LINEAR)
    pixel, notes = shown(save_image(flat("L", 55), "png", icc_profile=profile))
    assert pixel.tolist() == pytest.approx([128] * 3, abs=2)
    assert notes == ()


def test_a_grey_profile_is_applied_to_grey() -> None:
    colours = bytearray(matrix_profile.build(SRGB, Curve.LINEAR))
    colours[16:20] = b"GRAY"
    at = colours.index(b"rTRC")
    colours[at : at + 4] = b"kTRC"
    pixel, notes = shown(save_image(flat("L", 55), "tiff", icc_profile=bytes(colours)))
    assert pixel.tolist() == pytest.approx([128] * 3, abs=2)
    assert notes == ()


def ink_profile() -> bytes:
    """A printer: no ink is white, any black ink is black, all else is a mixture of corners.

    ICC.1:2001-04, sections 6.1 and 6.5.9: CMYK to Lab by a table of two points a side.
    """
    corners: dict[tuple[int, ...], tuple[int, int, int]] = {(1, 0, 0, 0): (140, 91, 78)}  # cyan
    table = b""
    for ink in np.ndindex(2, 2, 2, 2):
        lab = (255, 128, 128) if not any(ink) else (0, 128, 128)
        table += bytes(corners.get(tuple(map(int, ink)), lab))
    straight = bytes(range(256))
    matrix = struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + straight * 4 + table + straight * 3
    head = bytearray(matrix_profile.build(SRGB, Curve.SRGB)[:128])
    head[12:24] = b"prtrCMYKLab "
    body = struct.pack(">I4sII", 1, b"A2B0", 144, len(lut)) + lut
    head[:4] = struct.pack(">I", len(head) + len(body))
    return bytes(head) + body


@pytest.mark.parametrize("name", ["tiff", "jpeg"])
@pytest.mark.parametrize(
    ("ink", "shown_as"),
    [((0, 0, 0, 0), (255, 255, 255)), ((255, 0, 0, 0), (0, 150, 221)), ((0, 0, 0, 255), (0, 0, 0))],
    ids=["paper", "cyan", "black"],
)
def test_a_picture_for_print_is_shown_as_its_profile_says(
    name: str, ink: tuple[int, ...], shown_as: tuple[int, ...]
) -> None:
    data = save_image(flat("CMYK", ink), name, icc_profile=ink_profile())
    pixel, notes = shown(data)
    assert notes == ()
    assert np.abs(pixel.astype(int) - shown_as).max() <= 12


def test_an_srgb_profile_changes_no_pixel() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with open_media(make_image("png", icc_profile=profile)) as media:
        (frame,) = media.frames()
    assert (frame.pixels == picture(0, (64, 48))).all()


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile at all" * 20,
        matrix_profile.build(DISPLAY_P3, Curve.SRGB)[:300],
        matrix_profile.build(DISPLAY_P3, Curve.SRGB) + bytes(icc.MAX_PROFILE_BYTES),
        matrix_profile.build(DISPLAY_P3, Curve.SRGB).replace(b"RGB ", b"CMYK"),
    ],
    ids=["nonsense", "cut", "too large", "of ink"],
)
def test_a_profile_that_cannot_be_used_is_left_out_and_noted(profile: bytes) -> None:
    pixel, notes = shown(save_image(flat(), "tiff", icc_profile=profile))
    assert pixel.tolist() == list(SKIN)
    assert notes == ("icc_profile_ignored",)


def bmp_with(profile: bytes) -> bytes:
    """A flat BMP with a header of version 5, whose profile comes after the pixels."""
    data = save_image(flat(), "bmp")
    pixels, head = data[54:], bytearray(data[14:54] + bytes(84))
    struct.pack_into("<I", head, 0, len(head))
    head[56:60] = b"DEBM"  # PROFILE_EMBEDDED
    struct.pack_into("<II", head, 112, len(head) + len(pixels), len(profile))
    start = 14 + len(head)
    first = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
    return first + head + pixels + profile


def test_the_profile_of_a_bmp_counts() -> None:
    data = bmp_with(matrix_profile.build(DISPLAY_P3, Curve.SRGB))
    pixel, notes = shown(data)
    assert np.abs(pixel - expected(SKIN, "p3")).max() <= 2
    assert notes == ()
    assert shown(data[:-200])[1] == ("icc_profile_ignored",)
    assert shown(save_image(flat(), "bmp"))[1] == ()


def test_a_jpeg_that_lacks_a_part_of_its_profile_is_noted() -> None:
    data = save_image(flat(), "jpeg", icc_profile=bytes(range(256)) * 512)  # two segments
    at = data.index(b"ICC_PROFILE\0\x02\x03")
    data = data[:at] + b"XCC" + data[at + 3 :]
    assert shown(data)[1] == ("icc_profile_ignored",)


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """A flat PNG with further chunks before its pixels."""
    data = save_image(flat(), "png")
    extra = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    return data[:33] + extra + data[33:]  # after IHDR


def chromaticities(space: tuple[float, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in space))


def test_the_primaries_of_a_png_count() -> None:
    data = png_with((b"gAMA", struct.pack(">I", 45_455)), chromaticities(DISPLAY_P3))
    assert np.abs(shown(data)[0] - expected(SKIN, "p3")).max() <= 2


def test_the_gamma_of_a_png_counts_unless_it_stands_for_srgb() -> None:
    linear, usual = (shown(png_with((b"gAMA", struct.pack(">I", g))))[0] for g in (100_000, 45_455))
    assert usual.tolist() == list(SKIN)
    assert (linear > usual).all()


def test_an_srgb_chunk_stands_above_primaries_and_gamma() -> None:
    data = png_with((b"sRGB", b"\0"), chromaticities(DISPLAY_P3))
    assert shown(data)[0].tolist() == list(SKIN)


@pytest.mark.parametrize("space", [(0.0,) * 8, SRGB[:2] + (0.3, 0.3) * 3])
def test_primaries_that_span_no_colours_are_left_out_and_noted(space: tuple[float, ...]) -> None:
    pixel, notes = shown(png_with(chromaticities(space)))
    assert pixel.tolist() == list(SKIN)
    assert notes == ("icc_profile_ignored",)


def test_the_colour_code_of_a_png_counts() -> None:
    data = png_with((b"cICP", bytes((12, 13, 0, 1))))
    assert np.abs(shown(data)[0] - expected(SKIN, "p3")).max() <= 2


def coded(name: str, primaries: int, transfer: int, colour: tuple[int, int, int]) -> bytes:
    """An AVIF or HEIC whose ``colr`` box has those code points."""
    data = bytearray(save_image(flat(colour=colour), name, quality=95))
    at = data.index(b"colrnclx")
    struct.pack_into(">HH", data, at + 8, primaries, transfer)
    return bytes(data)


@pytest.mark.parametrize("name", ["avif", "heic"])
def test_the_colour_code_of_a_heif_picture_counts(name: str) -> None:
    pixel, notes = shown(coded(name, 12, 13, SKIN))
    assert np.abs(pixel - expected(SKIN, "p3")).max() <= 3
    assert notes == ()


@pytest.mark.parametrize("name", ["avif", "heic"])
@pytest.mark.parametrize(("transfer", "white"), [(16, 148), (18, 191)], ids=["pq", "hlg"])
def test_an_hdr_picture_is_brought_to_srgb_and_noted(name: str, transfer: int, white: int) -> None:
    # ITU-R BT.2408: diffuse white lies at 58 % of the PQ signal and at 75 % of the HLG signal.
    pixel, notes = shown(coded(name, 9, transfer, (white, white, white)))
    assert pixel.min() >= 245
    assert notes == ("hdr_tone_mapped",)
    darker, _ = shown(coded(name, 9, transfer, (white * 3 // 4,) * 3))
    assert 80 < darker.mean() < 200


def test_a_camera_set_to_adobe_rgb_is_believed() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0xA005)[1] = "R03"
    exif._ifds[0x8769][0xA005] = exif._ifds[0xA005]
    pixel, _ = shown(save_image(flat(), "jpeg", exif=exif, quality=95))
    assert np.abs(pixel - expected(SKIN, "adobe")).max() <= 3


@given(st.binary(max_size=400), st.integers(0, 300))
@settings(deadline=None)
def test_any_bytes_as_a_profile_give_a_picture(junk: bytes, at: int) -> None:
    profile = bytearray(matrix_profile.build(DISPLAY_P3, Curve.GAMMA_22))
    profile[at : at + len(junk)] = junk
    pixel, notes = shown(save_image(flat(), "tiff", icc_profile=bytes(profile)))
    assert pixel.shape == (3,)
    assert set(notes) <= {"icc_profile_ignored"}
