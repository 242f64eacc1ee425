from __future__ import annotations

from pathlib import Path

from tests.training.data.check.files import save, scene
from training.data.check.findings import Findings, check_pictures
from training.data.check.text import to_text
from training.data.data_set import DataSet
from training.data.manifest import read_all
from training.data.source_facts import SourceFacts, parse_facts


def _data(root: Path) -> Path:
    for split, first in (("train", 0), ("test", 100)):
        for label in ("real", "fake"):
            for index in range(12):
                seed = first + index + 50 * (label == "fake")
                save(root / split / label / f"{index}.jpg", scene(seed))
    return root


def _check(root: Path, facts: SourceFacts = SourceFacts()) -> Findings:  # noqa: B008 - frozen
    return check_pictures(read_all([DataSet(root, facts)]))


def test_a_sound_data_set_has_no_errors_and_no_warnings(tmp_path: Path) -> None:
    findings = _check(_data(tmp_path))
    assert (findings.errors, findings.warnings, findings.broken) == ([], [], [])
    assert [probe.source for probe in findings.probes] == [tmp_path.name]
    text = to_text(findings)
    assert text.endswith("48 pictures, 0 broken; errors: 0, warnings: 0.")
    assert "96x96" in text


def test_every_leak_is_an_error_that_names_its_files(tmp_path: Path) -> None:
    _data(tmp_path)
    save(tmp_path / "test" / "real" / "same.jpg", scene(3))
    save(tmp_path / "test" / "real" / "like.jpg", scene(4), quality=60)
    save(tmp_path / "train" / "fake" / "both.jpg", scene(5))
    errors = {finding.kind: finding.files for finding in _check(tmp_path).errors}
    assert errors["same_file_across_splits"] == [["train/real/3.jpg", "test/real/same.jpg"]]
    assert [files[:2] for files in errors["same_picture_across_splits"]] == [
        ["train/real/4.jpg", "test/real/like.jpg"]
    ]
    assert errors["same_file_in_both_classes"] == [["train/fake/both.jpg", "train/real/5.jpg"]]
    assert "  train/real/3.jpg  test/real/same.jpg" in to_text(_check(tmp_path)).splitlines()


def test_a_person_in_two_splits_is_an_error(tmp_path: Path) -> None:
    _data(tmp_path)
    (tmp_path / "MANIFEST.tsv").write_text(
        "file\tclass\tgroup\ntrain/real/1.jpg\treal\tada\ntest/real/2.jpg\treal\tada\n"
    )
    (error,) = _check(tmp_path).errors
    assert error.kind == "same_group_across_splits"
    assert error.files == [["ada", "train/real/1.jpg", "test/real/2.jpg"]]


def test_a_person_whom_file_names_show_in_two_splits_is_a_warning(tmp_path: Path) -> None:
    for split, first in (("train", 1), ("test", 20)):
        for index in range(first, first + 6):
            name = f"0_0_{'ada' if index in (1, 20) else f'p{index}'}_{index:04d}.jpg"
            save(tmp_path / split / "people" / "real" / name, scene(index))
    findings = _check(tmp_path, parse_facts([], [r"people=^(.+)_\d+\."]))
    (warning,) = findings.warnings
    assert (findings.errors, warning.kind) == ([], "same_name_across_splits")
    assert warning.files == [
        [
            "people/0_0_ada",
            "train/people/real/0_0_ada_0001.jpg",
            "test/people/real/0_0_ada_0020.jpg",
        ]
    ]
    assert "of people seem" in to_text(findings)


def test_classes_that_the_files_tell_are_a_warning_with_what_tells_them(tmp_path: Path) -> None:
    for index in range(40):
        save(tmp_path / "train" / "real" / f"{index}.png", scene(index))
        save(tmp_path / "train" / "fake" / f"{index}.jpg", scene(100 + index))
    findings = _check(tmp_path)
    assert findings.errors == []
    assert {finding.kind for finding in findings.warnings} == {"files_tell_the_classes"}
    assert "AUC of 1.00" in to_text(findings)


def test_few_broken_pictures_are_a_warning_and_many_an_error(tmp_path: Path) -> None:
    for index in range(150):
        save(tmp_path / "train" / "real" / f"{index}.jpg", scene(index, (16, 16)))
    (tmp_path / "train" / "real" / "0.jpg").write_bytes(b"")
    findings = _check(tmp_path)
    assert (findings.errors, [finding.kind for finding in findings.warnings]) == ([], ["broken"])
    (tmp_path / "train" / "real" / "1.jpg").write_bytes(b"")
    (error,) = _check(tmp_path).errors
    assert [key for key, _reason in error.files] == ["train/real/0.jpg", "train/real/1.jpg"]
