from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.data.check.files import facts_of, made_up, save, scene
from training.data.check import duplicates
from training.data.check.duplicates import alike, identical, split_groups
from training.data.picture import Split

_HASH = st.binary(min_size=32, max_size=32).map(lambda data: np.frombuffer(data, np.uint8))


def test_the_same_bytes_are_found_whatever_the_name(tmp_path: Path) -> None:
    paths = [save(tmp_path / name, scene(seed)) for name, seed in (("a.png", 1), ("b.png", 1))]
    facts = [facts_of(path) for path in [*paths, save(tmp_path / "c.png", scene(2))]]
    assert identical(facts) == [facts[:2]]


def test_only_pairs_in_different_splits_are_compared(tmp_path: Path) -> None:
    train = facts_of(save(tmp_path / "a.png", scene(1)))
    again = facts_of(save(tmp_path / "b.jpg", scene(1)))
    test = facts_of(save(tmp_path / "c.jpg", scene(1), quality=60), Split.TEST)
    pairs = alike([train, again, test])
    assert [(pair.first, pair.second) for pair in pairs] == [(train, test), (again, test)]


def test_identical_bytes_are_no_second_finding(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", scene(1))
    assert alike([facts_of(path), facts_of(path, Split.VALID)]) == []


@settings(deadline=None)
@given(st.lists(st.tuples(_HASH, st.sampled_from(Split)), max_size=12), st.integers(0, 256))
def test_the_search_finds_what_a_comparison_bit_by_bit_does(
    hashes: list[tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], Split]], limit: int
) -> None:
    facts = [
        made_up(split=split, bits=bits, name=f"{at:02d}") for at, (bits, split) in enumerate(hashes)
    ]
    expected = {
        frozenset((one.picture.key, two.picture.key))
        for one in facts
        for two in facts
        if one.picture.split is not two.picture.split
        and np.unpackbits(one.hash ^ two.hash).sum() <= limit
    }
    found = alike(facts, max_distance=limit)
    assert {frozenset((p.first.picture.key, p.second.picture.key)) for p in found} == expected
    assert len(found) == len(expected)
    assert [p.distance for p in found] == sorted(p.distance for p in found)


def test_more_files_than_are_compared_at_once_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bits = np.random.default_rng(0).integers(0, 256, (9, 32)).astype(np.uint8)
    facts = [made_up(bits=row, name=str(at)) for at, row in enumerate(bits)]
    twin = made_up(split=Split.TEST, bits=bits[8], name="twin")
    monkeypatch.setattr(duplicates, "_BLOCK", 4)
    assert [pair.first for pair in alike([*facts, twin])] == [facts[8]]


def test_a_group_in_two_splits_is_found_where_it_was_stated(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", scene(1))
    stated = [facts_of(path, split, group="ada") for split in (Split.TRAIN, Split.TEST)]
    guessed = [facts_of(path, split) for split in (Split.TRAIN, Split.TEST)]
    assert split_groups([*stated, *guessed]) == [stated]
    assert split_groups([stated[0], stated[0]]) == []
