from __future__ import annotations

import os
from pathlib import Path

from deepfake.scan.media_files import find_media


def test_folders_are_searched_by_content_in_sorted_order(tmp_path: Path, portrait: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/no-extension", "z.txt", "a.jpg"):
        (tmp_path / name).write_bytes(portrait.read_bytes())
    (tmp_path / "notes.jpg").write_text("text in spite of its name")
    (tmp_path / "empty.jpg").touch()
    found = find_media([tmp_path])
    assert [str(f.relative_to(tmp_path)) for f in found.files] == [
        "a.jpg", "z.txt", "b/no-extension",
    ]  # fmt: skip
    assert [f.name for f in found.skipped] == ["empty.jpg", "notes.jpg"]


def test_a_named_file_is_taken_whatever_it_is(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    assert find_media([notes]).files == (notes,)


def test_pipes_in_folders_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert find_media([tmp_path]).skipped == (tmp_path / "pipe",)


def test_a_link_in_a_circle_ends(tmp_path: Path, portrait: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait.read_bytes())
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_media([tmp_path]).files) == 1
