"""What lies beside the picture of a still file is noted, and nothing else is."""

from __future__ import annotations

import io
import struct

import pillow_heif
import pytest
from PIL import Image

from core.media.frames import open_media
from tests.media_factory import make_image, make_video, picture


def notes(data: bytes) -> tuple[str, ...]:
    with open_media(data) as media:
        return media.info.notes


@pytest.mark.parametrize("name", ["jpeg", "heic", "avif"])
@pytest.mark.parametrize("brand", ["mp4", "mov"])
def test_the_clip_of_a_motion_photo_is_noted(name: str, brand: str) -> None:
    photo, clip = make_image(name), make_video(frames=3, container=brand)
    boxed = struct.pack(">I4s", 8 + len(clip), b"mpvd") + clip
    joined = photo + (clip if name == "jpeg" else boxed)
    assert notes(joined) == ("motion_photo_clip_ignored",)
    assert notes(photo) == ()


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"qt  ", b"hvc1", b"dash", b"3gp5", b"MSNV"])
def test_a_clip_of_any_brand_is_noted(brand: bytes) -> None:
    clip = make_video(frames=3, container="mp4")
    clip = clip[:8] + brand + clip[12:]
    trailer = b"SEFH" + bytes(20) + b"SEFT"
    assert notes(make_image("jpeg") + clip + trailer) == ("motion_photo_clip_ignored",)


@pytest.mark.parametrize(
    "extra",
    [b"<x ftyp='ftypisom'/>", make_image("heic"), make_image("avif")],
    ids=["text", "heic", "avif"],
)
def test_what_is_no_clip_is_not_noted(extra: bytes) -> None:
    assert notes(make_image("jpeg") + extra) == ()


def test_further_pictures_of_a_heic_are_noted() -> None:
    file = pillow_heif.from_pillow(Image.fromarray(picture(4, (64, 48))))
    file.add_from_pillow(Image.fromarray(picture(11, (64, 48))))
    out = io.BytesIO()
    file.save(out)
    assert notes(out.getvalue()) == ("other_pages_ignored",)
    assert notes(make_image("heic")) == ()
