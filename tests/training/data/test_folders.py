from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.data_set import DataSet
from training.data.folders import read_folder
from training.data.picture import Picture, Split


def _files(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def _read(root: Path, split: Split = Split.TRAIN) -> list[Picture]:
    return [picture for picture in read_folder(DataSet(root)) if picture.split is split]


@pytest.mark.parametrize("valid", ["valid", "valida", "validation", "val", "validate", "Valid_Set"])
@pytest.mark.parametrize("above", ["", "real-vs-fake", "real_vs_fake/real-vs-fake"])
def test_the_layout_of_kaggle_is_one_source(tmp_path: Path, valid: str, above: str) -> None:
    _files(tmp_path / above, "train/real/1.jpg", "train/fake/1.jpg", f"{valid}/fake/2.jpg")
    assert [(p.key, p.fake, p.source) for p in _read(tmp_path)] == [
        ("train/fake/1.jpg", True, tmp_path.name),
        ("train/real/1.jpg", False, tmp_path.name),
    ]
    assert [p.key for p in _read(tmp_path, Split.VALID)] == [f"{valid}/fake/2.jpg"]
    assert _read(tmp_path, Split.TEST) == []


def test_the_class_is_read_from_the_name_and_not_from_the_order(tmp_path: Path) -> None:
    _files(tmp_path, "train/0_real/a.jpg", "train/1_fake/b.jpg")
    assert [p.fake for p in _read(tmp_path)] == [False, True]
    other = _files(tmp_path / "other", "train/0_fake/a.jpg", "train/1_real/b.jpg")
    assert [p.fake for p in _read(other)] == [True, False]


def test_a_stranger_beside_the_classes_is_refused(tmp_path: Path) -> None:
    _files(tmp_path, "train/real/a.jpg", "train/fake/b.jpg", "train/masks/c.jpg")
    with pytest.raises(ConfigurationError, match="'masks'"):
        _read(tmp_path)


def test_a_source_without_classes_is_refused(tmp_path: Path) -> None:
    _files(tmp_path, "train/lfw/a.jpg")
    with pytest.raises(ConfigurationError, match="'lfw'"):
        _read(tmp_path)


def test_two_folders_for_one_split_are_refused(tmp_path: Path) -> None:
    _files(tmp_path, "val/real/a.jpg", "valid/real/b.jpg")
    with pytest.raises(ConfigurationError, match="both val and valid"):
        _read(tmp_path)


def test_pictures_in_deeper_folders_are_found_and_hidden_files_are_not(tmp_path: Path) -> None:
    _files(tmp_path, "train/real/ada/1.JPG", "train/real/._1.jpg", "train/real/notes.txt")
    assert [p.key for p in _read(tmp_path)] == ["train/real/ada/1.JPG"]


def test_a_manifest_beside_the_splits_tells_generator_and_group(tmp_path: Path) -> None:
    _files(tmp_path, "train/gan/fake/1.jpg", "train/gan/fake/2.jpg")
    (tmp_path / "MANIFEST.tsv").write_text(
        "file\tclass\tgenerator\tgroup\ntrain/gan/fake/1.jpg\tfake\tStyleGAN2\tada b\n"
    )
    first, second = _read(tmp_path)
    assert (first.generator, first.group, first.group_stated) == ("StyleGAN2", "ada b", True)
    assert (second.generator, second.group, second.group_stated) == ("gan", "2", False)


def test_a_manifest_that_contradicts_a_folder_is_refused(tmp_path: Path) -> None:
    _files(tmp_path, "train/gan/fake/1.jpg")
    (tmp_path / "MANIFEST.tsv").write_text("file\tclass\ntrain/gan/fake/1.jpg\treal\n")
    with pytest.raises(ConfigurationError, match=r"line 2: train/gan/fake/1.jpg is 'real'"):
        _read(tmp_path)


@pytest.mark.parametrize(
    ("train", "test"), [("training", "testing"), ("Train", "TEST"), ("train_set", "test_images")]
)
def test_other_names_of_the_splits_are_known(tmp_path: Path, train: str, test: str) -> None:
    _files(tmp_path, f"{train}/real/1.jpg", f"{test}/fake/2.jpg")
    assert [p.key for p in _read(tmp_path)] == [f"{train}/real/1.jpg"]
    assert [p.key for p in _read(tmp_path, Split.TEST)] == [f"{test}/fake/2.jpg"]


@pytest.mark.parametrize("source", ["", "swaps/"])
def test_classes_without_splits_are_divided_by_chance_and_say_so(
    tmp_path: Path, source: str
) -> None:
    _files(tmp_path, *(f"{source}{label}/{i}.jpg" for label in ("real", "fake") for i in range(99)))
    found = [picture for split in Split for picture in _read(tmp_path, split)]
    assert len(found) == len({picture.key for picture in found}) == 198
    assert {picture.split for picture in found} == set(Split)
    assert not any(picture.split_stated for picture in found)
    # A fake and the photograph that it was made of have the same name: they stay together.
    assert len({(picture.group, picture.split) for picture in found}) == 99


def test_a_folder_of_neither_splits_nor_classes_is_refused(tmp_path: Path) -> None:
    _files(tmp_path, "holiday/1.jpg")
    with pytest.raises(ConfigurationError, match="no folder train, valid or test and none of a"):
        _read(tmp_path)


def test_every_folder_that_names_no_class_is_listed(tmp_path: Path) -> None:
    _files(tmp_path, "train/original/1.jpg", "train/altered/2.jpg")
    with pytest.raises(ConfigurationError, match="'altered', 'original' names no class"):
        _read(tmp_path)
