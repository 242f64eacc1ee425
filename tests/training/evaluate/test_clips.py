from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.model.detector import Detector
from core.result import Label
from tests.media_factory import make_video
from tests.training.pictures import CentreFace
from training.data.clips import Clip, find_faceless, read_clips
from training.data.data_set import DataSet
from training.data.evidence_cache import EvidenceCache
from training.evaluate.clips import ClipEvaluation, judge_clips, measure_faceless

CLIPS = 6  # of each class


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> list[DataSet]:
    """Fakes have more frames, and later frames are brighter; one file is no film."""
    root = tmp_path_factory.mktemp("films")
    rows = ["file\tclass\tsource\tkind\tgenerator\tgroup"]
    for label, start in (("real", 2), ("fake", 10)):
        folder = root / "clips" / "valid" / "made" / label
        folder.mkdir(parents=True)
        for index in range(CLIPS):
            (folder / f"{index}.mp4").write_bytes(make_video(start + index, size=(128, 128)))
            kind = "swap" if index < 4 else "lip-sync"
            rows.append(f"clips/valid/made/{label}/{index}.mp4\t{label}\tmade\t{kind}\tx\tg{index}")
    (folder / "broken.mp4").write_bytes(b"no film")
    (root / "videos" / "noface").mkdir(parents=True)
    (root / "videos" / "noface" / "sea.mp4").write_bytes(make_video(frames=3))
    (root / "MANIFEST.tsv").write_text("\n".join(rows) + "\n")
    return [DataSet(root)]


@pytest.fixture(scope="module")
def clips(data: list[DataSet]) -> list[Clip]:
    return read_clips(data, None)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> EvidenceCache:
    return EvidenceCache(tmp_path_factory.mktemp("cache"), CentreFace)


@pytest.fixture(scope="module")
def judged(clips: list[Clip], detector: Detector, films: EvidenceCache) -> ClipEvaluation:
    return judge_clips(clips, detector, films)


def test_clips_have_figures_by_kind_and_source_and_intervals_of_groups(
    judged: ClipEvaluation,
) -> None:
    told = judged.document(resamples=50)
    assert told["data"]["clips"] == 2 * CLIPS + 1
    assert (told["all"]["real"], told["all"]["fake"], told["all"]["groups"]) == (6, 7, 7)
    assert told["all"]["auc"] > 0.5
    assert set(told["by_kind"]) == {"swap", "lip-sync"}
    assert told["by_source"]["made"]["intervals"]["auc"] is not None


def test_a_clip_that_cannot_be_judged_says_why_and_is_undecided(judged: ClipEvaluation) -> None:
    broken = next(each for each in judged.judged if each.clip.path.name == "broken.mp4")
    assert "error" in broken.to_json()
    assert (broken.label, broken.wrong) == (Label.INCONCLUSIVE, False)
    assert judged.document(resamples=5)["all"]["inconclusive"] >= 1 / 13
    assert not judged.scores.judged.all()


def test_the_worst_errors_are_listed_by_kind_the_most_certain_first(
    clips: list[Clip], detector: Detector, films: EvidenceCache
) -> None:
    turned = [replace(clip, fake=not clip.fake) for clip in clips]
    worst = judge_clips(turned, detector, films).worst(number=2)
    assert worst, "most labels are wrong"
    for kind, errors in worst.items():
        assert len(errors) <= 2
        doubts = [abs(each["fake_probability"] - 0.5) for each in errors]
        assert doubts == sorted(doubts, reverse=True)
        assert all(("/fake/" in each["file"]) == (kind == "real") for each in errors)


def test_a_film_without_a_face_in_which_one_is_found_is_counted(
    data: list[DataSet], detector: Detector, films: EvidenceCache
) -> None:
    told = measure_faceless(find_faceless(data), detector, films)
    assert told == {"clips": 1, "no_face": 0}  # CentreFace sees a face in everything


def test_other_numbers_of_frames_can_be_asked_for(
    clips: list[Clip], detector: Detector, films: EvidenceCache
) -> None:
    some = [clip for clip in clips if clip.path.name == "5.mp4"]
    few = judge_clips(some, detector, films, frames=3).judged
    assert all(each.result is not None and each.result.frames_scored <= 3 for each in few)


def test_the_clip_is_named_by_its_key(judged: ClipEvaluation) -> None:
    files = [Path(each["file"]).parts[:3] for each in judged.document(resamples=5)["files"]]
    assert set(files) == {("clips", "valid", "made")}
