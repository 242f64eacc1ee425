from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from training.data.data_set import (
    DataSet,
    parse_data_set,
    parse_data_sets,
    parse_weight,
    source_weights,
)


def test_a_path_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "faces"
    folder.mkdir()
    assert parse_data_set(str(folder)) == DataSet(folder, "faces")
    assert parse_data_set(f"mine={folder}") == DataSet(folder, "mine", named=True)


def test_a_folder_with_an_equals_sign_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "size=256"
    folder.mkdir()
    assert parse_data_set(str(folder)).path == folder


def test_a_given_name_stands_before_the_sources(tmp_path: Path) -> None:
    named, plain = DataSet(tmp_path, "mine", named=True), DataSet(tmp_path, "mine")
    assert (named.source(), named.source("dfdc")) == ("mine", "mine/dfdc")
    assert (plain.source(), plain.source("dfdc")) == ("mine", "dfdc")


def test_a_path_without_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder and no table"):
        parse_data_set(f"x={tmp_path / 'absent'}")


def test_two_data_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "faces").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="2 data sets are called 'faces'"):
        parse_data_sets([str(tmp_path / place / "faces") for place in ("a", "b")])


def test_weights_are_by_source_and_a_data_set_stands_for_its_sources() -> None:
    weights = source_weights(["mine=2.5", "lfw=0"], ["lfw", "mine/a", "mine/b"])
    assert weights == {"mine/a": 2.5, "mine/b": 2.5, "lfw": 0.0}


def test_the_weight_of_an_unknown_source_is_refused_with_those_known() -> None:
    with pytest.raises(ConfigurationError, match="there are dfdc, lfw"):
        source_weights(["dfcd=2"], ["dfdc", "lfw"])


@pytest.mark.parametrize("text", ["dfdc", "dfdc=", "=2", "dfdc=two", "dfdc=-1", "dfdc=nan", ""])
def test_a_weight_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="NAME=NUMBER"):
        parse_weight(text)


@settings(deadline=None)
@given(st.text())
def test_a_weight_is_parsed_or_refused(text: str) -> None:
    try:
        name, weight = parse_weight(text)
    except ConfigurationError:
        return
    assert name
    assert 0 <= weight < float("inf")
