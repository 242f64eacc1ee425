from __future__ import annotations

from random import Random

import pytest

from tests.media.form import form
from tests.media.fuzz.campaign import make_case
from tests.media.fuzz.flat import with_checksums
from tests.media.fuzz.mutation import layout_of, mutated
from tests.media.fuzz.seeds import seeds
from tests.media.stills import STILLS

FILES = {
    "mp4": form("mp4/h264-few").build,
    "mkv": form("mkv/h264-few").build,
    "ts": form("ts/h264-few").build,
    **{kind: STILLS[kind] for kind in ("jpeg RGB", "png RGB", "gif animated", "bmp", "heic")},
    **{kind: STILLS[kind] for kind in ("tiff RGB", "webp animated", "avif")},
}
every_file = pytest.mark.parametrize("name", FILES)


@every_file
def test_the_same_number_makes_the_same_damage_and_another_number_another(name: str) -> None:
    whole = FILES[name]()
    one, again = (make_case(name, 7, whole) for _ in range(2))
    assert one == again
    assert len({make_case(name, number, whole).data for number in range(50)}) > 40


@every_file
def test_numbers_and_parts_of_a_whole_file_lie_within_it(name: str) -> None:
    whole = FILES[name]()
    layout = layout_of(whole)
    assert len(layout.numbers) > 5
    assert len(layout.parts) > 2
    assert all(0 <= number.at <= len(whole) - number.width for number in layout.numbers)
    assert all(0 <= part.start < part.end <= len(whole) for part in layout.parts)


@every_file
def test_every_damage_can_be_done_to_every_file(name: str) -> None:
    whole = FILES[name]()
    layout, draw = layout_of(whole), Random(0)
    done = {part for _ in range(300) for part in mutated(whole, layout, draw)[1].split("+")}
    assert len(done) == 12


def test_a_mended_png_has_the_checksums_that_an_encoder_writes() -> None:
    png = STILLS["png RGB"]()
    at = png.index(b"IDAT")
    assert with_checksums(png[: at - 8] + bytes(4) + png[at - 4 :]) == png


def test_every_form_of_the_matrix_is_among_the_files_that_are_damaged() -> None:
    kinds = {name.partition("/")[0] for name in seeds()}
    assert {"mp4", "mov", "mkv", "webm", "avi", "ts", "dv", "still", "face", "signed"} <= kinds
