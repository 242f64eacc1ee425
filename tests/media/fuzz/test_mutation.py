from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.media.form import form
from tests.media.fuzz.campaign import Ending, make_case
from tests.media.fuzz.flat import with_checksums
from tests.media.fuzz.mutation import layout_of, mutated
from tests.media.fuzz.record import Record
from tests.media.fuzz.seeds import seeds
from tests.media.fuzz.tally import Tally
from tests.media.stills import STILLS
from tests.media.tracks import TRACKS

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
    assert len(done) == 13


# A film of each codec of the media matrix.
# fmt: off
FILMS = (
    *("mp4/h264-few", "ts/h264-few", "mp4/hevc", "webm/vp8", "webm/vp9", "mp4/av1", "mkv/mpeg4"),
    *("mkv/mpeg2", "mkv/mjpeg", "mov/prores", "mkv/ffv1", "avi/huffyuv", "mov/dnxhr", "mov/dv"),
    *("mov/cfhd", "mov/qtrle", "mov/png"),
)
# fmt: on


@pytest.mark.parametrize("name", FILMS)
def test_the_heads_of_coded_pictures_are_known(name: str) -> None:
    whole = form(name).build()
    layout = layout_of(whole)
    assert len(layout.coded) > 80
    assert all(0 <= number.at <= len(whole) - number.width for number in layout.coded)


def test_each_codec_of_the_matrix_has_a_film_whose_heads_are_known() -> None:
    encoders = {TRACKS[name.partition("/")[2]].encoder for name in FILMS}
    # Pictures in RGB, which are H.264 too.
    assert {track.encoder for track in TRACKS.values()} - encoders == {"libx264rgb"}


def test_a_mended_png_has_the_checksums_that_an_encoder_writes() -> None:
    png = STILLS["png RGB"]()
    at = png.index(b"IDAT")
    assert with_checksums(png[: at - 8] + bytes(4) + png[at - 4 :]) == png


def test_a_run_goes_on_behind_the_cases_of_its_record(tmp_path: Path) -> None:
    name, path = "still/bmp", tmp_path / "folder" / "endings.jsonl"
    case = make_case(name, 7, STILLS["bmp"]())
    Record(path).add(case, Ending("unreadable_media", "It is cut off.", "", 0.5))
    Record(path).add_memory()
    tally = Tally()
    assert Record(path).into(tally) == {(name, 7)}
    assert "| still | 1 | 0 | 1 | 0 | 0.50 s |" in tally.table()
    assert Record(None).into(tally) == set()


def test_every_form_of_the_matrix_is_among_the_files_that_are_damaged() -> None:
    kinds = {name.partition("/")[0] for name in seeds()}
    assert {"mp4", "mov", "mkv", "webm", "avi", "ts", "dv", "still", "face", "signed"} <= kinds
