from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.clips import find_faceless, read_clips
from training.data.data_set import DataSet
from training.data.picture import Split

FILES = (
    "clips/valid/pairs/real/a.mp4",
    "clips/valid/pairs/fake/a.mp4",
    "clips/test/lips/fake/b.MOV",
    "videos/real/old.mp4",
    "videos/noface/sea.mp4",
    "videos/unlabelled/any.mp4",
    "clips/test/lips/fake/notes.txt",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "MANIFEST.tsv").write_text(
        "file\tclass\tsource\tkind\tgenerator\tgroup\n"
        "clips/valid/pairs/fake/a.mp4\tfake\tpairs\tswap\tSwapper\tperson-1\n"
    )
    return tmp_path


def _data(root: Path) -> list[DataSet]:
    return [DataSet(root)]


def test_split_source_and_class_come_from_folders_and_the_rest_from_the_manifest(
    root: Path,
) -> None:
    fake, real = read_clips(_data(root), Split.VALID)
    assert (fake.source, fake.fake, fake.kind, fake.generator, fake.group) == (
        "pairs", True, "swap", "Swapper", "person-1",
    )  # fmt: skip
    assert (real.fake, real.kind, real.group_stated) == (False, "", False)


def test_clips_that_nothing_gives_a_split_are_of_test(root: Path) -> None:
    clips = read_clips(_data(root), Split.TEST)
    assert [(clip.path.name, clip.source, clip.split_stated) for clip in clips] == [
        ("b.MOV", "lips", True),
        ("old.mp4", root.name, False),
    ]
    assert len(read_clips(_data(root), None)) == 4
    assert read_clips(_data(root), Split.TRAIN) == []


def test_films_without_a_face_are_no_clips_of_a_class(root: Path) -> None:
    assert [path.name for path in find_faceless(_data(root))] == ["sea.mp4"]


def test_a_folder_that_names_no_class_is_refused(root: Path) -> None:
    (root / "clips" / "test" / "lips" / "unknown").mkdir()
    (root / "clips" / "test" / "lips" / "unknown" / "c.mp4").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="'unknown' names no class"):
        read_clips(_data(root), Split.TEST)


def test_a_manifest_that_contradicts_a_folder_is_refused(root: Path) -> None:
    manifest = root / "MANIFEST.tsv"
    manifest.write_text("file\tclass\nvideos/real/old.mp4\tfake\n")
    with pytest.raises(ConfigurationError, match=r"line 2: videos/real/old\.mp4 is .fake."):
        read_clips(_data(root), None)


def test_a_data_set_without_films_has_no_clips(tmp_path: Path) -> None:
    assert read_clips(_data(tmp_path), None) == []
