from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.data_set import DataSet, parse_data_sets
from training.data.table import Row


def test_a_picture_in_no_folder_of_a_source_is_of_the_data_set(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (data,) = parse_data_sets([str(tmp_path / "faces")])
    row = Row(0, "real/a.jpg", "")
    pictures = [
        data.picture(tmp_path / "a.jpg", row, source, fake=False, split=None)
        for source in ("", "dfdc")
    ]
    assert [each.source for each in pictures] == ["faces", "dfdc"]
    assert DataSet(Path()).name == Path.cwd().name


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="absent: there is no folder"):
        parse_data_sets([str(tmp_path / "absent")])


def test_two_data_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "faces").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="2 data sets are called 'faces'"):
        parse_data_sets([str(tmp_path / place / "faces") for place in ("a", "b")])
