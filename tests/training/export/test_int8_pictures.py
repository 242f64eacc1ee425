from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from tests.training.pictures import write_data
from training.export import int8_pictures
from training.export.int8_pictures import choose_pictures


def touched(folder: Path, names: list[str]) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_no_group_is_in_both_halves(tmp_path: Path) -> None:
    chosen = choose_pictures(write_data(tmp_path / "data", pairs=10))
    groups = [{each.group for each in half} for half in (chosen.ranges, chosen.judged)]
    assert chosen.labelled
    assert not groups[0] & groups[1]
    assert (len(chosen.ranges), len(chosen.judged)) == (40, 40)


def test_a_folder_without_classes_is_taken_as_it_is(tmp_path: Path) -> None:
    touched(tmp_path / "faces" / "holiday", [f"{n}.jpg" for n in range(64)])
    chosen = choose_pictures(tmp_path / "faces")
    assert not chosen.labelled
    names = sorted(each.path.name for each in chosen.ranges + chosen.judged)
    assert names == sorted(f"{n}.jpg" for n in range(64))


def test_pictures_of_test_are_left_out(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for label in ("real", "fake"):
            touched(tmp_path / split / label, [f"{split}{label}{n}.jpg" for n in range(40)])
    chosen = choose_pictures(tmp_path)
    assert {each.split for each in chosen.ranges + chosen.judged} == {"train"}


def test_one_group_cannot_be_divided_and_the_error_says_what_a_group_is(tmp_path: Path) -> None:
    folder = touched(tmp_path / "film", [f"clip.{n:03d}.jpg" for n in range(100)])
    with pytest.raises(ConfigurationError, match=r"halves of whole groups 0 and 100.*first point"):
        choose_pictures(folder)


def test_no_more_are_taken_than_ranges_and_loss_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8_pictures, "INT8_CROPS", 33)
    monkeypatch.setattr(int8_pictures, "JUDGED", 34)
    chosen = choose_pictures(touched(tmp_path / "faces", [f"{n}.jpg" for n in range(90)]))
    assert (len(chosen.ranges), len(chosen.judged)) == (33, 34)
