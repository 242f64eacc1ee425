from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import MediaError
from core.evidence import ExtractOptions
from tests.media_factory import make_video
from tests.training.pictures import CentreFace
from training.data import evidence_cache
from training.data.evidence_cache import EvidenceCache

OPTIONS = ExtractOptions(frames=4, crop_size=32)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(make_video(frames=6))
    return path


def test_a_film_is_extracted_once_and_read_back_the_same(film: Path, tmp_path: Path) -> None:
    faces = CentreFace()
    first = EvidenceCache(tmp_path, lambda: faces).extract(film, OPTIONS)
    searched = faces.calls
    again = EvidenceCache(tmp_path, lambda: faces).extract(film, OPTIONS)
    assert again == first
    assert [face.jpeg for face in again.crops] == [face.jpeg for face in first.crops]
    assert faces.calls == searched == 4


def test_other_options_another_film_and_other_code_are_extracted_anew(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = CentreFace()
    kept = EvidenceCache(tmp_path, lambda: faces)
    kept.extract(film, OPTIONS)
    kept.extract(film, ExtractOptions(frames=2, crop_size=32))
    assert faces.calls == 6
    film.write_bytes(make_video(frames=7))
    kept.extract(film, OPTIONS)
    assert faces.calls == 10
    monkeypatch.setattr(evidence_cache, "fingerprint", lambda: "of other code")
    kept.extract(film, OPTIONS)
    assert faces.calls == 14


def test_a_film_that_cannot_be_judged_fails_every_time(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    kept = EvidenceCache(tmp_path, CentreFace)
    for _ in range(2):
        with pytest.raises(MediaError):
            kept.extract(broken, OPTIONS)
    assert not list((tmp_path / "films").iterdir())
