from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.data_set import parse_data_sets
from training.data.manifest import Picture, Split
from training.fit.pictures import Selection, limited


def _selection(data_dir: Path, limit: int | None = None) -> Selection:
    return Selection(parse_data_sets([str(data_dir)]), limit=limit)


def test_what_watches_is_not_trained_on_and_test_is_not_read(data_dir: Path) -> None:
    kept, watched = _selection(data_dir).pictures()
    assert {picture.split for picture in kept} == {Split.TRAIN}
    assert {picture.split for picture in watched} <= {Split.TRAIN, Split.VALID}
    assert not {picture.group for picture in kept} & {picture.group for picture in watched}


def test_a_limit_is_of_each_source_and_class(data_dir: Path) -> None:
    kept, watched = _selection(data_dir, limit=2).pictures()
    for pictures in (kept, watched):
        counts = Counter((picture.source, picture.fake) for picture in pictures)
        assert set(counts.values()) == {2}
        assert len(counts) == 4


def test_fakes_of_a_source_are_watched_and_not_trained_on(data_dir: Path) -> None:
    everything, _ = _selection(data_dir).pictures()
    kept, watched = replace(_selection(data_dir), leave_out=["dfdc"]).pictures()
    assert kept == [p for p in everything if p.source != "dfdc" or not p.fake]
    assert any(picture.fake and picture.source == "dfdc" for picture in watched)
    with pytest.raises(ConfigurationError, match=r"--leave-out stylegan.*dfdc, portraits"):
        replace(_selection(data_dir), leave_out=["stylegan"]).pictures()


def _picture(group: str, name: str, *, fake: bool) -> Picture:
    kind = "fake" if fake else "real"
    return Picture(Path(f"{kind}/{name}.jpg"), f"{kind}/{name}", Split.TRAIN, "swaps", fake, group)


def test_pairs_stay_pairs_when_one_class_has_more_pictures() -> None:
    reals = [_picture(f"clip{number}", f"{number}", fake=False) for number in range(60)]
    fakes = [_picture(f"clip{number}", f"{number}", fake=True) for number in range(60)]
    kept = limited([*reals, *fakes], 20)
    groups = [{picture.group for picture in kept if picture.fake is fake} for fake in (False, True)]
    assert len(groups[0]) == 20
    assert groups[0] == groups[1]
    without_some = limited([*reals, *fakes[3:]], 20)
    pairs = Counter(picture.group for picture in without_some)
    assert list(pairs.values()).count(2) >= 17


def test_no_group_gives_a_second_picture_before_every_group_gave_one() -> None:
    pictures = [_picture(f"person{n // 6}", f"{n:02}", fake=False) for n in range(60)]
    assert {picture.group for picture in limited(pictures, 10)} == {f"person{n}" for n in range(10)}
    assert limited(pictures, 99) == pictures
    assert limited(pictures, None) == pictures
