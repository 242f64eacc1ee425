from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.backbone_towers import loaded, milliseconds
from benchmarks.backbones import Column, by_kind, measure, table
from core.errors import ConfigurationError
from tests.training.networks.clip.tiny_tower import SIZE, TinyTower
from tests.training.pictures import CentreFace, write_data
from training.data.cache import load_samples
from training.data.manifest import Split, read_pictures
from training.data.picture import Picture
from training.frozen.tower import Tower
from training.networks.clip.tower import load_tower


@pytest.fixture
def tower(tmp_path: Path) -> Tower:
    return load_tower(TinyTower().save(tmp_path / "tiny.onnx"), size=SIZE)


def _picture(kind: str, *, fake: bool) -> Picture:
    return Picture(Path("x"), "x", Split.VALID, "a", fake, "g", kind=kind)


def test_each_kind_is_compared_with_all_reals() -> None:
    files = [_picture(kind, fake=True) for kind in ("swap", "swap", "lips", "")]
    files += [_picture("swap", fake=False)] * 2  # the kind of its twin, which it is not of
    areas = by_kind(files, np.array([3.0, 2.0, -1.0, 0.5, 0.0, 1.0]))
    assert areas == {"all": 0.625, "swap": 1.0, "lips": 0.0, "kind not stated": 0.5}


def test_the_table_has_a_row_for_every_kind_that_any_backbone_was_judged_on() -> None:
    columns = [
        Column("one", 1280, 55.4, 0.3, {"all": 0.9}, {"all": 0.7, "swap": 0.6}),
        Column("two", 18432, 2000, 10.0, {"all": 0.95}, {"all": 0.8}),
    ]
    lines = table(columns).splitlines()
    assert lines[0] == "|  | one | two |"
    assert lines[3] == "| ms for ten crops | 55 | 2,000 |"
    assert lines[5:] == [
        "| pictures, all | 0.900 | 0.950 |",
        "| clips, all | 0.700 | 0.800 |",
        "| clips, swap | 0.600 | nan |",
    ]


def test_a_backbone_is_fitted_and_judged_on_other_pictures(tower: Tower, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    train, valid = (
        load_samples(read_pictures(data, split), tmp_path, CentreFace).samples
        for split in (Split.TRAIN, Split.VALID)
    )
    column = measure(tower, train, valid, [], tmp_path)
    assert (column.name, column.width) == (tower.name, 32)
    assert 0 <= column.pictures["all"] <= 1
    assert math.isnan(column.clips["all"])
    turned = [
        replace(each, picture=replace(each.picture, fake=not each.picture.fake)) for each in valid
    ]
    again = measure(tower, train, turned, [], tmp_path)
    assert again.pictures["all"] == pytest.approx(1 - column.pictures["all"])


def test_ten_crops_take_some_time(tower: Tower) -> None:
    assert 0 < milliseconds(tower) < 10_000


def test_an_unknown_backbone_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match="no backbone 'best'; there are efficientnet_lite0"
    ):
        loaded("best")
