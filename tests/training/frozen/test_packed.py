from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import jpeg
from core.errors import BundleNotFound, ConfigurationError, InferenceFailed
from core.model.bundle import Bundle, Manifest, RuntimeName, load_bundle
from core.model.runtimes import load_detector
from training.calibrate.calibration import Wanted
from training.data.augment import Augmentation
from training.data.sample import Sample
from training.export.publish import Origin, publish, rewrite
from training.frozen.add_ranges import add_ranges
from training.frozen.detector import HeadOnTower
from training.frozen.head import Fitted, fit_heads
from training.frozen.packed import assemble, network_of, pack, packed_names, renew
from training.frozen.ranges import RANGES, Ranges
from training.frozen.tower import Tower
from training.frozen.views import CLEAN, Views


@pytest.fixture(scope="module")
def fitted(tower: Tower, samples: list[Sample]) -> Fitted:
    views = Views(size=32, margin=0.25, augmentation=Augmentation(), seed=1)
    rows = tower.features(np.stack([views.crop(sample, CLEAN) for sample in samples]))
    fake = np.array([sample.picture.fake for sample in samples])
    (head,) = fit_heads(rows.reshape(len(rows), -1), fake, np.ones(len(rows)), (0.1,))
    return Fitted("tiny", 0.25, head, tower.key, {})


@pytest.fixture(scope="module")
def bundle(
    tower: Tower, fitted: Fitted, samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    folder = tmp_path_factory.mktemp("bundles") / "tiny-v1"
    return publish(
        HeadOnTower.of(fitted, tower), folder, samples,
        origin=Origin("1.0.0", "noise", "MIT", 0.25), trained_on=samples,
        wanted=Wanted(0.3, 0.3), int8="none",
    ).bundle  # fmt: skip


@pytest.fixture
def packed(bundle: Bundle, fitted: Fitted, tmp_path: Path) -> Path:
    return pack(bundle, fitted, tmp_path / "packed").parent


def test_a_packed_detector_becomes_the_bundle_that_it_was(
    bundle: Bundle, packed: Path, tower: Tower, tmp_path: Path
) -> None:
    assert packed_names(packed) == ["tiny-v1"]
    assert network_of("tiny-v1", packed) == "tiny"
    again = assemble("tiny-v1", tower, tmp_path / "tiny-v1", packed)
    assert load_bundle(again.path).manifest == again.manifest
    assert told(again.manifest) == told(bundle.manifest)
    tensor = np.random.default_rng(0).random((2, 32, 32, 3)).astype(np.float32)
    answers = [
        load_detector(each, runtime=RuntimeName.OPENVINO_FP32).runtime.predict(tensor).raw
        for each in (bundle, again)
    ]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-4)


def told(manifest: Manifest) -> dict[str, object]:
    return manifest.model_dump(exclude={"artifacts"})


@pytest.fixture
def crops() -> list[bytes]:
    random = np.random.default_rng(4)
    return [jpeg.encode(random.integers(0, 256, (32, 32, 3)).astype(np.uint8)) for _ in range(12)]


def test_with_ranges_it_is_assembled_with_int8_that_answers_nearly_the_same(
    packed: Path, tower: Tower, crops: list[bytes], tmp_path: Path
) -> None:
    found = add_ranges("tiny-v1", tower, crops, packed)
    assert found.crops == 12
    assert 0 < found.rms <= found.greatest < 0.1 * found.spread
    made = assemble("tiny-v1", tower, tmp_path / "made" / "tiny-v1", packed)
    assert list(made.manifest.artifacts) == [RuntimeName.OPENVINO_FP32, RuntimeName.OPENVINO_INT8]
    assert made.manifest.metrics["int8_on_training_crops"]["crops"] == 12
    logits = [
        load_detector(made, runtime=name).score(crops).logit for name in made.manifest.artifacts
    ]
    assert np.abs(logits[0] - logits[1]).max() == pytest.approx(found.greatest, rel=0.2)


def test_int8_that_answers_otherwise_leaves_no_bundle(
    packed: Path, tower: Tower, crops: list[bytes], tmp_path: Path
) -> None:
    add_ranges("tiny-v1", tower, crops, packed)
    file = packed / "tiny-v1" / RANGES
    ranges = Ranges.load(file)
    replace(ranges, high=dict.fromkeys(ranges.high, 1e-3)).save(file)
    with pytest.raises(InferenceFailed, match=r"openvino-int8 answers .* to the self-test"):
        assemble("tiny-v1", tower, tmp_path / "tiny-v1", packed)
    assert not (tmp_path / "tiny-v1").exists()


def test_a_new_calibration_of_an_assembled_bundle_is_packed_without_its_run(
    packed: Path, tower: Tower, tmp_path: Path
) -> None:
    made = assemble("tiny-v1", tower, tmp_path / "made" / "tiny-v1", packed)
    changed = rewrite(made.path, made.manifest, thresholds={"fake": 0.91, "real": 0.11})
    head = (packed / "tiny-v1" / "head.npz").read_bytes()
    renew(changed, packed)
    assert (packed / "tiny-v1" / "head.npz").read_bytes() == head
    again = assemble("tiny-v1", tower, tmp_path / "again" / "tiny-v1", packed)
    assert again.manifest.thresholds.fake == 0.91


def test_only_a_bundle_that_can_be_assembled_again_is_packed_without_its_run(
    bundle: Bundle, packed: Path, tower: Tower, crops: list[bytes], tmp_path: Path
) -> None:
    with pytest.raises(BundleNotFound, match="no packed detector 'tiny-v1'"):
        renew(bundle, tmp_path / "nothing")
    add_ranges("tiny-v1", tower, crops, packed)
    with pytest.raises(ConfigurationError, match="makes openvino-fp32, openvino-int8"):
        renew(bundle, packed)


def test_a_packed_detector_has_no_weights_of_the_tower(packed: Path) -> None:
    files = {file.name: file.stat().st_size for file in (packed / "tiny-v1").iterdir()}
    assert set(files) == {"model.json", "head.npz", "tower.json"}


def test_another_tower_is_refused(packed: Path, tower: Tower, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="installed are others"):
        assemble("tiny-v1", replace(tower, key="others"), tmp_path / "tiny-v1", packed)
    assert not (tmp_path / "tiny-v1").exists()


def test_a_head_that_answers_otherwise_leaves_no_bundle(
    packed: Path, tower: Tower, tmp_path: Path
) -> None:
    document = packed / "tiny-v1" / "model.json"
    content = json.loads(document.read_text())
    content["self_test"]["raw_output"] += 1
    document.write_text(json.dumps(content))
    with pytest.raises(InferenceFailed, match=r"answers .* to the self-test"):
        assemble("tiny-v1", tower, tmp_path / "tiny-v1", packed)
    assert not (tmp_path / "tiny-v1").exists()


def test_a_name_that_is_not_packed_is_told_what_is(packed: Path) -> None:
    with pytest.raises(BundleNotFound, match="no packed detector 'x'; there are: tiny-v1"):
        network_of("x", packed)
    with pytest.raises(BundleNotFound, match="there are: none"):
        network_of("x", packed / "nowhere")


def test_a_bundle_of_more_than_a_head_is_not_packed(
    bundle: Bundle, fitted: Fitted, tmp_path: Path
) -> None:
    novelty = {"limit": 2.0, "rate": 0.02, "fitted_on": "noise"}
    manifest = bundle.manifest.model_copy(update={"novelty": novelty})
    with pytest.raises(ConfigurationError, match=r"tells novelty.*--no-novelty"):
        pack(replace(bundle, manifest=manifest), fitted, tmp_path)


def test_a_service_assembles_without_the_packages_of_training() -> None:
    code = "import sys, training.frozen.packed; print({'matplotlib', 'sklearn'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
