from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.data_set import DataSet
from training.data.manifest import Split, hold_out, read_all, read_pictures, sources
from training.data.source_facts import parse_facts


def test_label_source_and_group_come_from_folders_and_manifest(data_dir: Path) -> None:
    pictures = read_pictures(data_dir, Split.TRAIN)
    assert len(pictures) == 24
    assert sources(pictures) == ["dfdc", "portraits"]
    first = pictures[0]
    assert (first.key, first.fake, first.group) == (
        "train/dfdc/fake/train000.jpg",
        True,
        "train000",
    )


def test_an_empty_folder_is_refused_with_the_layout(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="layout"):
        read_pictures(tmp_path, Split.TEST)


def test_a_held_out_group_is_held_out_whole(data_dir: Path) -> None:
    kept, held = hold_out(read_pictures(data_dir, Split.TRAIN), 0.5)
    assert kept
    assert held
    assert not {p.group for p in kept} & {p.group for p in held}


def test_the_held_out_part_is_the_same_every_time(data_dir: Path) -> None:
    pictures = read_pictures(data_dir, Split.TRAIN)
    _, held = hold_out(pictures, 0.5)
    _, again = hold_out(reversed(pictures), 0.5)
    assert held == list(reversed(again))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Two pictures of one person and one of another, which only their names tell."""
    folder = tmp_path / "train" / "people" / "real"
    folder.mkdir(parents=True)
    for name in ("0_0_ada_0001.jpg", "0_0_ada_0002.jpg", "0_0_bob_0001.jpg"):
        (folder / name).write_bytes(b"")
    return tmp_path


def test_a_pattern_keeps_the_people_of_file_names_together(people: Path) -> None:
    facts = parse_facts(["people=0.5"], [r"people=^(.+)_\d+\."])
    pictures = read_pictures([DataSet(people, facts)], Split.TRAIN)
    assert [each.group for each in pictures] == [
        "people/0_0_ada",
        "people/0_0_ada",
        "people/0_0_bob",
    ]
    assert {each.centre for each in pictures} == {0.5}
    assert not any(each.group_stated for each in pictures)
    assert len({each.group for each in read_pictures(people, Split.TRAIN)}) == 3


def test_a_fact_of_a_source_that_is_not_there_is_refused(people: Path) -> None:
    data = [DataSet(people, parse_facts(["peeple=0.5"], []))]
    for read in (partial(read_all, data), partial(read_pictures, data, Split.TRAIN)):
        with pytest.raises(
            ConfigurationError, match=r"--centre peeple: no source .* there are people"
        ):
            read()


def test_a_manifest_goes_before_what_is_said_of_a_source(people: Path) -> None:
    (people / "MANIFEST.tsv").write_text(
        "file\tclass\tgroup\tcentre\n"
        "train/people/real/0_0_ada_0001.jpg\treal\tboth\t0.9\n"
        "train/people/real/0_0_bob_0001.jpg\treal\tboth\t\n"
    )
    facts = parse_facts(["people=0.5"], [r"people=^(.+)_\d+\."])
    pictures = read_pictures([DataSet(people, facts)], Split.TRAIN)
    assert [each.group for each in pictures] == ["both", "people/0_0_ada", "both"]
    assert [each.centre for each in pictures] == [0.9, 0.5, 0.5]


def test_groups_that_no_folder_gives_a_split_are_divided_by_chance(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    lines = ["file\tclass\tgroup"]
    for number in range(400):
        (tmp_path / "real" / f"{number}.jpg").write_bytes(b"")
        lines.append(f"real/{number}.jpg\treal\tperson{number // 2}")
    (tmp_path / "MANIFEST.tsv").write_text("\n".join(lines))
    pictures = read_all(tmp_path)
    splits = {split: {p.group for p in pictures if p.split is split} for split in Split}
    assert len(pictures) == 400
    assert sum(map(len, splits.values())) == 200
    assert 10 <= len(splits[Split.VALID]) <= 35
    assert 10 <= len(splits[Split.TEST]) <= 35
    # The salt: without it no group of `train` would be left to hold out.
    assert hold_out([p for p in pictures if p.split is Split.TRAIN])[1]


def test_a_split_without_pictures_is_named(people: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no pictures of the split 'valid'"):
        read_pictures(people, Split.VALID)


def test_a_manifest_may_state_kinds(tmp_path: Path) -> None:
    (tmp_path / "train" / "fake").mkdir(parents=True)
    (tmp_path / "train" / "fake" / "1.jpg").write_bytes(b"")
    (tmp_path / "MANIFEST.tsv").write_text("file\tclass\tkind\ntrain/fake/1.jpg\tfake\tswap\n")
    (picture,) = read_all(tmp_path)
    assert (picture.kind, picture.split_stated) == ("swap", True)


def test_several_data_sets_have_keys_of_their_own(data_dir: Path, tmp_path: Path) -> None:
    extra = tmp_path / "train" / "dfdc" / "real" / "train000.jpg"
    extra.parent.mkdir(parents=True)
    extra.write_bytes(b"")
    sets = [DataSet(data_dir), DataSet(tmp_path)]
    pictures = read_pictures(sets, Split.TRAIN)
    assert len({p.key for p in pictures}) == len(pictures) == 25
    assert sources(pictures) == ["dfdc", "portraits"]
