"""``deepfake evaluate`` and ``deepfake gate`` on a small folder and a bundle of brightness."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from core.faces.detector import crop_face
from core.model.bundle import load_bundle, sha256_of
from deepfake.cli import cli
from tests.core.bundle_factory import write_openvino
from tests.media_factory import make_image, make_video
from tests.training.pictures import CentreFace, find_centre_faces
from training.data import sample
from training.export.publish import record

Run = Callable[..., Result]


@pytest.fixture
def own_bundle(bundle_dir: Path, tmp_path: Path) -> Path:
    """A copy that a test may write to."""
    return Path(shutil.copytree(bundle_dir, tmp_path / "own"))


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared: faces are searched once."""
    return tmp_path_factory.mktemp("faces")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips without a face, and two pictures, so that it is a data set."""
    root = tmp_path_factory.mktemp("films")
    for label in ("real", "fake"):
        for folder, name, content in (
            (root / "clips" / "valid" / "made" / label, "a.mp4", make_video(frames=3)),
            (root / "valid" / "made" / label, "a.jpg", make_image()),
        ):
            folder.mkdir(parents=True)
            (folder / name).write_bytes(content)
    return root


@pytest.fixture
def run(bright_data: Path, own_bundle: Path, cache_dir: Path) -> Run:
    def invoke(command: str, *more: object) -> Result:
        arguments = [command, "--data", bright_data, "--model", own_bundle, *more]
        if command == "evaluate":
            arguments += ["--cache", cache_dir]
        return CliRunner().invoke(cli, [str(each) for each in arguments])

    return invoke


def test_evaluate_prints_a_table_and_writes_figures(run: Run, tmp_path: Path) -> None:
    told = run("evaluate", "--json", tmp_path / "figures.json")
    assert told.exit_code == 0, told.output
    assert "plain" in told.stdout
    assert "mean AUC over 1 sources" in told.stdout
    document = json.loads((tmp_path / "figures.json").read_text())
    assert document["data"]["split"] == "test"
    assert document["robustness"] is None
    assert list(document["runtimes"]) == ["openvino-fp32"]


def test_evaluate_writes_a_report_into_a_folder(run: Run, tmp_path: Path) -> None:
    told = run("evaluate", "--out", tmp_path / "report", "--no-robustness", "--mistakes")
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[-1] == str(tmp_path / "report")
    assert (tmp_path / "report" / "plots" / "roc.svg").is_file()
    assert (tmp_path / "report" / "mistakes.png").read_bytes()[:4] == b"\x89PNG"


def test_evaluate_saves_claims_with_intervals_and_keeps_those_of_other_runtimes(
    run: Run, own_bundle: Path
) -> None:
    record(load_bundle(own_bundle), "test", {"openvino-int8": {"kept": True}})
    assert run("evaluate", "--save").exit_code == 0
    claims = load_bundle(own_bundle).manifest.metrics["test"]
    assert claims["openvino-int8"] == {"kept": True}
    assert len(claims["openvino-fp32"]["all"]["intervals"]["auc"]) == 2


def test_looks_at_test_are_counted_in_the_bundle_before_they_are_taken(
    run: Run, own_bundle: Path, tmp_path: Path
) -> None:
    told = run("evaluate", "--json", tmp_path / "figures.json")
    assert "0 looks at test are counted" in told.stderr
    for count in (1, 2):
        told = run("evaluate", "--count-look", "--json", tmp_path / "figures.json")
        assert f"{count} looks at test are counted in model.json, this one" in told.stderr
        document = json.loads((tmp_path / "figures.json").read_text())
        assert document["test_looks"] == count
        assert document["model"]["sha256"] == load_bundle(own_bundle).sha256
    assert run("evaluate", "--count-look", "--split", "valid").exit_code == 2


def test_mistakes_without_a_folder_for_them_are_refused(run: Run) -> None:
    told = run("evaluate", "--mistakes")
    assert told.exit_code == 2
    assert "--mistakes goes into the folder of --out" in told.stderr


def test_two_bundles_are_compared_on_the_same_pictures_and_clips(
    run: Run, bundle_dir: Path, films: Path, tmp_path: Path
) -> None:
    turned = Path(shutil.copytree(bundle_dir, tmp_path / "turned"))
    _turn_around(turned)
    fields = json.loads((turned / "model.json").read_text())
    (turned / "model.json").write_text(json.dumps({**fields, "name": "turned"}))
    told = run(
        "evaluate", "--model", turned, "--data", films, "--split", "valid",
        "--out", tmp_path / "report", "--no-robustness",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "pictures: turned against brightness" in told.stdout
    compared = json.loads((tmp_path / "report" / "comparison.json").read_text())["turned"]
    assert compared["pictures"]["auc"]["difference"] < -0.5
    assert compared["pictures"]["auc"]["interval"][1] < 0
    assert compared["clips"]["decided"]["difference"] == 0
    assert (tmp_path / "report" / "turned" / "metrics.json").is_file()


def test_the_clips_of_the_data_are_measured_too(run: Run, films: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    told = run("evaluate", "--data", films, "--split", "valid", "--json", file)
    assert told.exit_code == 0, told.output
    assert json.loads(file.read_text())["clips"]["data"]["clips"] == 2


def test_the_gate_needs_a_claim_then_holds_the_bundle_to_it(run: Run, own_bundle: Path) -> None:
    unclaimed = run("gate")
    assert unclaimed.exit_code == 1
    assert "deepfake gate --save" in unclaimed.stderr
    assert run("gate", "--save").exit_code == 0
    kept = run("gate")
    assert kept.exit_code == 0
    assert "No figure is worse" in kept.stdout
    _turn_around(own_bundle)
    broken = run("gate")
    assert broken.exit_code == 1
    assert "The bundle breaks its claims" in broken.stderr
    assert "all: auc is 0." in broken.stderr


def test_the_gate_refuses_to_compare_other_pictures(
    run: Run, own_bundle: Path, bright_data: Path, tmp_path: Path
) -> None:
    assert run("gate", "--save").exit_code == 0
    fewer = Path(shutil.copytree(bright_data, tmp_path / "fewer"))
    (fewer / "test" / "shots" / "fake" / "test0.jpg").unlink()
    told = run("gate", "--data", fewer)
    assert told.exit_code == 1
    assert "other pictures" in told.stderr


def test_the_gate_fails_when_pictures_are_scored_otherwise_though_no_figure_drops(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("gate", "--save").exit_code == 0

    def brighter(*given: Any, **options: Any) -> NDArray[np.uint8]:
        return np.minimum(crop_face(*given, **options), 252) + np.uint8(3)

    monkeypatch.setattr(sample, "crop_face", brighter)
    told = run("gate")
    assert told.exit_code == 1
    assert "pictures: P(fake) moved by 0." in told.stderr
    assert "all: auc" not in told.stderr


def test_the_gate_searches_for_faces_anew_every_time(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces, calls = CentreFace(), []
    monkeypatch.setattr("training.data.reading.load_face_detector", lambda **_: faces)
    for more in (["--save"], []):
        assert run("gate", *more).exit_code == 0
        calls.append(faces.calls)
    assert calls[1] == 2 * calls[0] > 0


def test_the_gate_needs_the_scores_of_single_pictures(run: Run, own_bundle: Path) -> None:
    assert run("gate", "--save").exit_code == 0
    (own_bundle / "gate.npz").unlink()
    told = run("gate")
    assert told.exit_code == 1
    assert "gate.npz holds no scores of openvino-fp32" in told.stderr


def test_the_gate_holds_clips_of_valid_to_their_scores_too(
    run: Run, own_bundle: Path, bright_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = tmp_path / "films"
    for label, frames in (("real", 4), ("fake", 12)):
        for split in ("valid", "test"):
            folder = films / "clips" / split / "made" / label
            folder.mkdir(parents=True)
            (folder / f"{label}.mp4").write_bytes(make_video(frames, size=(128, 128)))
            (films / split / "made" / label).mkdir(parents=True)
            (films / split / "made" / label / "a.jpg").write_bytes(make_image())
    find_centre_faces(monkeypatch)
    data = ("--data", films)
    told = run("gate", "--save", *data)
    assert "and 2 clips of valid" in told.stdout
    assert run("gate", *data).exit_code == 0
    with np.load(own_bundle / "gate.npz") as kept:
        scores = dict(kept)
    assert len(scores["clips"]) == len(scores["clips openvino-fp32"]) == 2
    scores["clips openvino-fp32"] = scores["clips openvino-fp32"] + np.float16(0.2)
    np.savez(own_bundle / "gate.npz", **scores)
    told = run("gate", *data)
    assert told.exit_code == 1
    assert "clips: P(fake) of 100.0% moved by more than 0.1" in told.stderr
    for name in ("clips", "clips openvino-fp32"):
        del scores[name]
    np.savez(own_bundle / "gate.npz", **scores)
    told = run("gate", *data)
    assert told.exit_code == 0
    assert "keeps no clips yet" in told.stderr


@pytest.mark.parametrize("split", ["test", "all"])
def test_evaluate_takes_classes_without_folders_of_splits_and_several_data_sets(
    own_bundle: Path, bright_data: Path, cache_dir: Path, tmp_path: Path, split: str
) -> None:
    plain = tmp_path / "plain"
    for label in ("real", "fake"):
        shutil.copytree(bright_data / "test" / "shots" / label, plain / label)
    arguments = [
        "evaluate", "--model", own_bundle, "--cache", cache_dir, "--split", split,
        "--data", bright_data, "--data", plain, "--json", tmp_path / "figures.json",
    ]  # fmt: skip
    told = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert told.exit_code == 0, told.output
    document = json.loads((tmp_path / "figures.json").read_text())
    sources = document["runtimes"]["openvino-fp32"]["by_source"]
    assert {"shots", "plain"} <= set(sources)
    if split == "all":
        assert document["data"]["pictures"] == len(list(bright_data.rglob("*.jpg"))) + 12
    else:
        assert "states no split for some pictures" in told.stderr


def _turn_around(folder: Path) -> None:
    """Weights that call bright pictures real, under the claims of the right ones."""
    write_openvino(folder, gain=-8.0)
    text = (folder / "model.json").read_text()
    fields = json.loads(text)
    for artifact in fields["artifacts"].values():
        artifact["files"] = {name: sha256_of(folder / name) for name in artifact["files"]}
    (folder / "model.json").write_text(json.dumps(fields))
