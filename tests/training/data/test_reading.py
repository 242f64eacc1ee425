from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from tests.training.pictures import CentreFace
from training.data import reading
from training.data.manifest import Split
from training.data.reading import cache_folder, read_samples


def test_the_cache_is_never_inside_the_repository() -> None:
    repository = Path(__file__).resolve().parents[3]
    assert repository not in cache_folder(None).resolve().parents


def test_too_many_broken_pictures_stop_the_run_before_it_begins(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "load_face_detector", lambda **_: CentreFace())
    for name in ("a", "b"):
        folder = tmp_path / "train" / name / "real"
        folder.mkdir(parents=True)
        (folder / "0.jpg").write_bytes(next(data_dir.rglob("*.jpg")).read_bytes())
    (tmp_path / "train" / "a" / "real" / "1.jpg").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"1 of 3 pictures are broken(.|\n)*1\.jpg: The"):
        read_samples(tmp_path, Split.TRAIN, tmp_path / "cache")


def test_a_few_broken_pictures_are_named_and_left_out(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reading, "load_face_detector", lambda **_: CentreFace())
    monkeypatch.setattr(reading, "refuse_many", lambda *_: None)
    folder = tmp_path / "train" / "real"
    folder.mkdir(parents=True)
    (folder / "0.jpg").write_bytes(next(data_dir.rglob("*.jpg")).read_bytes())
    (folder / "1.jpg").write_bytes(b"")
    assert len(read_samples(tmp_path, Split.TRAIN, tmp_path / "cache")) == 1
    assert "1.jpg: The file is empty" in capsys.readouterr().err
