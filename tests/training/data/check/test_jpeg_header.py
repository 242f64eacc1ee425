from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from tests.training.data.check.files import jpeg, scene
from training.data.check.jpeg_header import quality, subsampling


def _saved(**options: int) -> JpegImageFile:
    return JpegImageFile(io.BytesIO(jpeg(scene(0), **options)))


@pytest.mark.parametrize("value", [1, 30, 50, 75, 90, 95, 99, 100])
def test_the_quality_of_libjpeg_is_found_exactly(value: int) -> None:
    assert quality(_saved(quality=value)) == value


def test_a_table_of_another_maker_gets_the_nearest_quality() -> None:
    file = io.BytesIO()
    scene(0).save(file, "JPEG", quality="web_high")  # tables as Photoshop writes them
    file.seek(0)
    assert 80 <= quality(JpegImageFile(file)) <= 95


@pytest.mark.parametrize(("code", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling_is_read(code: int, name: str) -> None:
    assert subsampling(_saved(subsampling=code)) == name


def test_a_grey_jpeg_has_no_chroma() -> None:
    assert subsampling(JpegImageFile(io.BytesIO(jpeg(Image.new("L", (8, 8)))))) == "grey"
