"""JPEGs that end too early are judged when nearly everything is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from skimage import data as examples

from core.errors import MediaError, UnreadableMedia
from core.media.frames import open_media
from core.media.limits import MediaLimits
from core.media.padding import without_padding
from core.media.still.jpeg_files import LEAST_PADDING, missing_share
from tests.media_factory import save_image


def photo(mode: str = "RGB") -> Image.Image:
    return Image.fromarray(examples.astronaut()).convert(mode)


END = b"\xff\xd9"


# A grey slope of 16 x 16 pixels, which no library here can write: "cjpeg -arithmetic".
ARITHMETIC = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a18161618"
    "3123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763ffc900"
    "0b080010001001011100ffcc000600101005ffda0008010100003f00ff006608c05af7b0bbeac7c881be3c7880ff"
    "d9"
)


def judged(
    data: bytes, limits: MediaLimits | None = None
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    with open_media(data, limits) as media:
        (frame,) = media.frames()
        return frame.pixels, media.info.notes


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("mode", ["RGB", "CMYK"])  # of a grey one, libjpeg needs no end marker
def test_a_jpeg_without_its_end_marker_is_judged_and_noted(mode: str, progressive: bool) -> None:
    whole = save_image(photo(mode), "jpeg", quality=90, progressive=progressive)
    pixels, notes = judged(whole[:-2])
    assert (pixels == judged(whole)[0]).all()
    assert notes == ("truncated_file",)
    assert judged(whole)[1] == ()


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("quality", [60, 90])
def test_a_jpeg_that_lacks_little_is_judged_and_noted(quality: int, progressive: bool) -> None:
    whole = save_image(photo(), "jpeg", quality=quality, progressive=progressive)
    pixels, notes = judged(whole[: len(whole) * 97 // 100])
    assert np.abs(pixels.astype(int) - judged(whole)[0]).mean() < 4
    assert notes == ("truncated_file",)


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.75, 0.88])
def test_a_jpeg_that_lacks_a_large_part_is_unreadable(kept: float, progressive: bool) -> None:
    whole = save_image(photo(), "jpeg", quality=90, progressive=progressive)
    with pytest.raises(UnreadableMedia, match=r"about \d+% of the picture is missing"):
        judged(whole[: int(len(whole) * kept)])


def test_arithmetic_coding_is_read_from_files_of_any_size() -> None:
    size = 65_536 - 128
    comment = b"\xff\xfe" + (size - 2).to_bytes(2, "big") + bytes(size - 4)
    long = ARITHMETIC[:2] + comment + ARITHMETIC[2:]  # its pixels lie across 64 KiB
    assert (judged(long)[0] == judged(ARITHMETIC)[0]).all()


@pytest.mark.parametrize("divisor", [1, 2])
@pytest.mark.parametrize("restarts", [0, 2])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_an_end_marker_behind_a_cut_hides_nothing(mode: str, restarts: int, divisor: int) -> None:
    whole = save_image(photo(mode), "jpeg", quality=90, restart_marker_rows=restarts)
    limits = MediaLimits(max_pixels=512**2 // divisor**2)
    assert "truncated_file" not in judged(whole, limits)[1]
    assert "truncated_file" in judged(whole[: len(whole) * 98 // 100] + END, limits)[1]
    with pytest.raises(UnreadableMedia, match=r"about \d+% of the picture is missing"):
        judged(whole[: len(whole) * 7 // 10] + END, limits)


def test_an_end_marker_in_place_of_the_last_scans_is_found() -> None:
    whole = save_image(photo(), "jpeg", quality=90, progressive=True)
    with pytest.raises(UnreadableMedia, match="of the picture is missing"):
        judged(whole[: len(whole) * 4 // 10] + END)


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
def test_a_picture_that_ends_in_the_grey_of_missing_data_is_whole(progressive: bool) -> None:
    image = photo()
    image.paste((128, 128, 128), (0, 300, 512, 512))
    assert judged(save_image(image, "jpeg", quality=90, progressive=progressive))[1] == ()


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.2])
def test_the_missing_share_is_estimated_well(share: float, progressive: bool) -> None:
    whole = save_image(photo(), "jpeg", quality=85, progressive=progressive)
    cut = memoryview(whole)[: int(len(whole) * (1 - share))]
    assert missing_share(cut) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("progressive", [False, True], ids=["sequential", "progressive"])
def test_a_large_photo_that_lacks_little_is_judged_and_noted(progressive: bool) -> None:
    whole = save_image(photo(), "jpeg", quality=90, progressive=progressive)
    limits = MediaLimits(max_pixels=100_000)
    with open_media(whole[: len(whole) * 98 // 100], limits) as media:
        assert media.info.notes == ("decoded_at_reduced_size", "truncated_file")
    with (
        pytest.raises(UnreadableMedia, match="missing"),
        open_media(whole[: len(whole) // 2], limits) as media,
    ):
        list(media.frames())


def test_a_jpeg_without_its_last_scans_is_unreadable() -> None:
    whole = save_image(photo(), "jpeg", quality=90, progressive=True)
    scans = [at for at in range(len(whole)) if whole[at : at + 2] == b"\xff\xda"]
    with pytest.raises(UnreadableMedia):
        judged(whole[: scans[-1]])


def test_the_zeros_of_an_interrupted_download_are_no_picture() -> None:
    whole = save_image(photo(), "jpeg", quality=90)
    half = len(whole) // 2
    with pytest.raises(UnreadableMedia, match="missing"):
        judged(whole[:half] + bytes(half))


@pytest.mark.parametrize("trail", [b"x" * 5000, bytes(100_000), b"\xff\xd8\xff" + bytes(50)])
def test_bytes_behind_a_whole_jpeg_are_left_alone(trail: bytes) -> None:
    whole = save_image(photo(), "jpeg")
    pixels, notes = judged(whole + trail)
    assert (pixels == judged(whole)[0]).all()
    assert notes == ()


@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_only_long_runs_of_zeros_are_padding(data: bytes, zeros: int) -> None:
    data = data.rstrip(b"\0")
    kept = without_padding(memoryview(data + bytes(zeros)), LEAST_PADDING)
    assert kept == (data if zeros >= 16 else data + bytes(zeros))


_WHOLE = {
    progressive: save_image(photo().resize((64, 64)), "jpeg", progressive=progressive)
    for progressive in (False, True)
}


@given(
    st.booleans(), st.integers(2, 1_000), st.lists(st.tuples(st.integers(0), st.integers(0, 255)))
)
@settings(max_examples=60, deadline=None)
def test_any_cut_and_damage_gives_a_picture_or_a_media_error(
    progressive: bool, cut: int, damage: list[tuple[int, int]]
) -> None:
    broken = bytearray(_WHOLE[progressive][:-cut])
    for place, value in damage if broken else ():
        broken[place % len(broken)] = value
    try:
        pixels, _ = judged(bytes(broken))
    except MediaError:
        return
    assert pixels.ndim == 3
