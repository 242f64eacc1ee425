from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.data_set import parse_data_sets
from training.data.manifest import Split
from training.fit.pictures import Selection, evenly


def _selection(data_dir: Path, *sources: str, limit: int | None = None) -> Selection:
    return Selection(parse_data_sets([str(data_dir)]), sources=sources, limit=limit)


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


def test_one_source_can_be_chosen(data_dir: Path) -> None:
    kept, watched = _selection(data_dir, "dfdc").pictures()
    assert {picture.source for picture in (*kept, *watched)} == {"dfdc"}
    with pytest.raises(ConfigurationError, match=r"--source lfw.*dfdc, portraits"):
        _selection(data_dir, "lfw").pictures()


def test_fakes_of_a_source_are_watched_and_not_trained_on(data_dir: Path) -> None:
    everything, _ = _selection(data_dir).pictures()
    kept, watched = replace(_selection(data_dir), leave_out=["dfdc"]).pictures()
    assert kept == [p for p in everything if p.source != "dfdc" or not p.fake]
    assert any(picture.fake and picture.source == "dfdc" for picture in watched)
    with pytest.raises(ConfigurationError, match=r"--leave-out stylegan.*dfdc, portraits"):
        replace(_selection(data_dir), leave_out=["stylegan"]).pictures()


def test_pictures_can_be_skipped_by_name(data_dir: Path) -> None:
    everything, watched = _selection(data_dir).pictures()
    name = everything[0].path.name
    kept, still_watched = replace(_selection(data_dir), skip=frozenset({name})).pictures()
    assert kept == [picture for picture in everything if picture.path.name != name]
    assert still_watched == watched
    with pytest.raises(ConfigurationError, match=r"--skip: nothing\.jpg"):
        replace(_selection(data_dir), skip=frozenset({"nothing.jpg"})).pictures()


def test_the_pictures_kept_are_spread_evenly(data_dir: Path) -> None:
    kept, _ = _selection(data_dir, "portraits").pictures()
    fakes = [picture for picture in kept if picture.fake]
    assert evenly(fakes, 2) == [fakes[0], fakes[-1]]
    assert evenly(fakes, 99) == fakes
