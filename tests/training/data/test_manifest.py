from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.data.manifest import Split, hold_out, read_pictures, sources


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


def test_without_a_manifest_people_of_web_faces_stay_together(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "web_faces" / "real"
    folder.mkdir(parents=True)
    for name in ("0_0_ada_0001.jpg", "0_0_ada_0002.jpg", "0_0_bob_0001.jpg"):
        (folder / name).write_bytes(b"")
    groups = [picture.group for picture in read_pictures(tmp_path, Split.TRAIN)]
    assert groups[0] == groups[1] != groups[2]
