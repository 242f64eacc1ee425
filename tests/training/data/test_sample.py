"""Training sees a picture as serving does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadableMedia
from core.media.colour import matrix_profile
from core.media.frames import open_media
from tests.media_factory import make_animation, make_image, picture, save_image
from training.data.cache import Sample
from training.data.sample import read_pixels

_PROFILE = matrix_profile.build(matrix_profile.PRIMARIES[12], matrix_profile.Curve.SRGB)


def _transparent() -> bytes:
    image = Image.fromarray(picture(0, (64, 48))).convert("RGBA")
    image.putalpha(100)
    return save_image(image, "png")


@pytest.mark.parametrize(
    "data",
    [
        _transparent(),
        make_image("jpeg", icc_profile=_PROFILE),
        make_image("jpeg", orientation=6),
        make_image("jpeg")[:-2],
        make_image("webp"),
        make_image("bmp"),
    ],
    ids=["transparent", "profile", "turned", "cut", "webp", "bmp"],
)
def test_a_picture_is_decoded_as_serving_decodes_it(samples: list[Sample], data: bytes) -> None:
    with open_media(data) as media:
        (frame,) = media.frames()
    assert (read_pixels(samples[0].picture, data) == frame.pixels).all()


def test_transparency_is_laid_over_white(samples: list[Sample]) -> None:
    pixels = read_pixels(samples[0].picture, _transparent())
    assert np.abs(pixels.astype(int) - (picture(0, (64, 48)) * (100 / 255) + 155)).max() <= 1


def test_an_animation_is_no_picture_to_train_on(samples: list[Sample], tmp_path: Path) -> None:
    shown = dataclasses.replace(samples[0].picture, path=tmp_path / "moving.webp")
    with pytest.raises(UnreadableMedia, match="no still picture"):
        read_pixels(shown, make_animation(format="webp"))
