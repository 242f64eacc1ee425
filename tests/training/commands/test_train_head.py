"""A head on a frozen network, from data to a bundle that the service loads: the commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from core import jpeg
from core.model.bundle import RuntimeName, load_bundle
from core.model.detector import self_test
from core.model.preprocess import Scaling
from core.model.runtimes import load_detector
from deepfake.cli import cli
from tests.training.networks.clip.tiny_tower import SIZE, TinyTower
from training.frozen import packed
from training.frozen.run import load_run
from training.frozen.tower import Tower
from training.frozen.towers import TOWERS
from training.networks.clip.tower import load_tower

FEW = ("--false-positives", 0.3, "--misses", 0.3)  # of about a dozen pictures of each class


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Tower:
    file = TinyTower().save(tmp_path_factory.mktemp("tower") / "tiny.onnx")
    return load_tower(file, size=SIZE)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch, tower: Tower) -> None:
    """The recipe with a tower of two blocks."""
    monkeypatch.setitem(TOWERS, "clip_vit_b16", lambda _: tower)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def train(data_dir: Path, run_dir: Path, *arguments: object) -> Result:
    cache = run_dir.parent / "cache"
    return run("train", "--recipe", "clip_faces", "--data", data_dir, "--cache", cache,
               "--out", run_dir, *arguments)  # fmt: skip


def test_a_head_is_fitted_and_becomes_a_bundle_for_openvino(
    data_dir: Path, tmp_path: Path, tower: Tower
) -> None:
    pytest.importorskip("nncf")
    run_dir, bundle_dir = tmp_path / "run", tmp_path / "clip-v1"
    told = train(data_dir, run_dir, "--set", "margin=0.2")
    assert told.exit_code == 0, told.output
    assert "a linear head on the frozen clip_vit_b16" in told.stdout
    assert "mixture: fakes" in told.stdout
    assert {path.name for path in run_dir.iterdir()} == {"run.json", "head.npz"}
    content = json.loads((run_dir / "run.json").read_text())
    assert content["recipe"]["margin"] == 0.2
    assert content["head"]["strength"] in content["recipe"]["strengths"]
    assert content["tower"] == {"key": tower.key, "licence": "MIT"}

    told = run("export", "--run", run_dir, "--data", data_dir, "--out", bundle_dir,
               "--cache", tmp_path / "cache", "--allow-int8-drop", *FEW)  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "weights in float16 differs from that in float32 by at most" in told.stdout
    bundle = load_bundle(bundle_dir)
    manifest = bundle.manifest
    assert list(manifest.artifacts) == [RuntimeName.OPENVINO_FP32, RuntimeName.OPENVINO_INT8]
    assert manifest.calibration is not None
    assert manifest.explanation is None
    assert (manifest.input.size, manifest.input.scaling) == (SIZE, Scaling.UNIT)
    assert manifest.input.margin == 0.2
    assert "portraits" in manifest.data
    for runtime in manifest.artifacts:
        self_test(load_detector(bundle, runtime=runtime))

    crops = np.random.default_rng(0).integers(0, 256, (10, SIZE, SIZE, 3)).astype(np.uint8)
    jpegs = [jpeg.encode(crop) for crop in crops]
    decoded = np.stack([jpeg.decode(each, size=SIZE) for each in jpegs])
    served = load_detector(bundle, runtime=RuntimeName.OPENVINO_FP32).score(jpegs).logit
    head = load_run(run_dir).head
    expected = head.logits(tower.features(decoded).reshape(10, -1))
    assert served == pytest.approx(expected, abs=0.05)


def test_a_run_that_has_ended_is_not_repeated_and_not_mixed_with_another_recipe(
    data_dir: Path, tmp_path: Path
) -> None:
    first = train(data_dir, tmp_path / "run")
    assert first.exit_code == 0, first.output
    assert "0 of them known" in first.stdout
    again = train(data_dir, tmp_path / "run")
    assert "this run has ended" in again.stdout
    other = train(data_dir, tmp_path / "run", "--set", "seed=8")
    assert other.exit_code == 1
    assert "holds a run with another recipe" in other.stderr
    # Of another seed the clean views are the same.
    elsewhere = train(data_dir, tmp_path / "other", "--set", "seed=8")
    told = next(line for line in elsewhere.stdout.splitlines() if line.startswith("features: "))
    views, known = (int(word) for word in told.split() if word.isdigit())
    assert known == views / 2


def test_a_head_is_not_exported_with_other_weights_than_it_was_fitted_to(
    data_dir: Path, tmp_path: Path, tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(data_dir, tmp_path / "run", "--set", "augmented_views=0").exit_code == 0
    monkeypatch.setitem(TOWERS, "clip_vit_b16", lambda _: replace(tower, key="others"))
    told = run("export", "--run", tmp_path / "run", "--data", data_dir, "--out",
               tmp_path / "clip-v1", "--cache", tmp_path / "cache", *FEW)  # fmt: skip
    assert told.exit_code == 1
    assert f"with the weights {tower.key}; those that are installed are others" in told.stderr


def test_a_head_is_packed_and_assembled_again_without_a_picture(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir, bundle_dir, heads = tmp_path / "run", tmp_path / "clip-v1", tmp_path / "heads"
    assert train(data_dir, run_dir, "--set", "augmented_views=0").exit_code == 0
    told = run("export", "--run", run_dir, "--data", data_dir, "--out", bundle_dir, "--no-int8",
               "--cache", tmp_path / "cache", *FEW)  # fmt: skip
    assert told.exit_code == 0, told.output
    told = run("models", "pack", "--run", run_dir, "--model", bundle_dir, "--into", heads)
    assert told.exit_code == 0, told.output

    monkeypatch.setattr(packed, "PACKED", heads)
    into = tmp_path / "made"
    told = run("models", "assemble", "clip-v1", "--into", into)
    assert told.exit_code == 0, told.output
    assert f"deepfake serve --video-model {into / 'clip-v1'}" in told.stdout
    made, exported = load_bundle(into / "clip-v1").manifest, load_bundle(bundle_dir).manifest
    assert (made.calibration, made.self_test) == (exported.calibration, exported.self_test)
    told = run("models", "assemble", "clip-v1", "--into", into)
    assert told.exit_code == 1
    assert "exists already" in told.stderr

    told = run("models", "ranges", "clip-v1", "--data", data_dir, "--limit", 4,
               "--centre", "dfdc=0.9", "--cache", tmp_path / "cache")  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "INT8 differs from float32 by" in told.stdout
    told = run("models", "assemble", "clip-v1", "--into", into, "--replace")
    assert told.exit_code == 0, told.output
    assert "runtimes openvino-fp32, openvino-int8" in told.stdout
    told = run("models", "pack", "--model", into / "clip-v1", "--into", heads)
    assert told.exit_code == 0, told.output
    told = run("models", "assemble", "other", "--into", into)
    assert told.exit_code == 1
    assert "There is no packed detector 'other'; there are: clip-v1." in told.stderr


def test_settings_of_networks_that_learn_are_refused_by_name(
    data_dir: Path, tmp_path: Path
) -> None:
    told = train(data_dir, tmp_path / "run", "--set", "steps=5")
    assert told.exit_code == 1
    assert "no field 'steps'; there are: network, margin, seed" in told.stderr


def test_the_list_of_recipes_names_it() -> None:
    assert (
        "clip_faces: a linear head on the frozen clip_vit_b16"
        in run("train", "--list-recipes").stdout
    )
