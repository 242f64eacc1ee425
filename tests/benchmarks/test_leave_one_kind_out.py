from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import leave_one_kind_out
from benchmarks.leave_one_kind_out import auc_of, main, of_no_kind, trained_names, with_kind
from tests.media_factory import make_video
from tests.training.evaluate.scored import made_scores
from tests.training.pictures import CentreFace, tiny_network
from training.data.data_set import DataSet
from training.data.manifest import read_all

# source, class and kind of the pictures of train and valid
CELLS = [("photos", "real", "none"), ("swaps", "fake", "swap"), ("mouths", "fake", "")]
SHORT = ("steps=2", "size=32", "early_size=32", "batch_size=4", "weights=none", "freeze_until=0")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kinds")
    rng = np.random.default_rng(0)
    rows = ["file\tclass\tkind\tgroup"]
    for split in ("train", "valid"):
        for source, label, kind in CELLS:
            folder = root / split / source / label
            folder.mkdir(parents=True)
            for index in range(6):
                cv2.imwrite(str(folder / f"{index}.jpg"), rng.integers(0, 255, (48, 48, 3)))
                name = f"{split}/{source}/{label}/{index}.jpg"
                rows.append(f"{name}\t{label}\t{kind}\t{split}{source}{index}")
    for label in ("real", "fake"):
        folder = root / "clips" / "valid" / "films" / label
        folder.mkdir(parents=True)
        (folder / "a.mp4").write_bytes(make_video(frames=3))
        rows.append(f"clips/valid/films/{label}/a.mp4\t{label}\tswap\t{label}")
    (root / "MANIFEST.tsv").write_text("\n".join(rows) + "\n")
    return root


def test_each_kind_is_left_out_in_turn_and_the_table_has_both_networks(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setattr("training.fit.run.find_network", lambda _name: tiny_network())
    monkeypatch.setattr(leave_one_kind_out, "load_face_detector", CentreFace)
    monkeypatch.setattr("training.data.reading.load_face_detector", lambda **_: CentreFace())
    arguments = ["--data", root, "--runs", tmp_path / "runs", "--cache", tmp_path / "cache"]
    arguments += ["--recipe", "advanced_fine_tune", "--kind", "mouths=lip-sync"]
    arguments += ["--write", tmp_path / "table.md"]
    arguments += [part for each in SHORT for part in ("--set", each)]
    told = CliRunner().invoke(main, [str(each) for each in arguments])
    assert told.exit_code == 0, told.output
    lines = [line for line in told.stdout.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[:2] for line in lines[1:]] == [["| lip-sync", "6"], ["| swap", "6"]]
    assert lines[2].split(" | ")[4] == "1"  # a clip of a swap
    assert "Of no stated kind" not in told.stdout
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        "all", "without-mouths", "without-swap",
    }  # fmt: skip
    assert lines[1] in (tmp_path / "table.md").read_text()


def test_fakes_of_no_stated_kind_are_told(root: Path) -> None:
    pictures = read_all([DataSet(root)])
    assert of_no_kind(pictures, {}) == "Of no stated kind, and always trained on: 6 of mouths."
    assert of_no_kind(pictures, {"mouths": "lip-sync"}) == ""


def test_a_kind_that_a_manifest_states_is_not_overruled(root: Path) -> None:
    pictures = read_all([DataSet(root)])
    swap = next(each for each in pictures if each.source == "swaps")
    assert with_kind(swap, {"swaps": "other"}).kind == "swap"


def test_what_is_left_out_is_the_kind_and_the_sources_of_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trained_names([str(root)], "swap", []) == ["swap"]
    assert trained_names([str(root)], "lip-sync", ["mouths"]) == ["mouths"]
    assert trained_names([str(root)], "diffusion", []) == []
    assert "nothing is left out" in capsys.readouterr().err


def test_an_auc_is_of_a_kind_against_all_reals() -> None:
    scores = made_scores()
    assert auc_of("gan", scores).startswith("0.889 (")
    assert auc_of("unheard of", scores) == "-"
