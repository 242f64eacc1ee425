from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import preprocess
from core.bundle import RuntimeName, load_bundle
from core.detector import self_test
from core.errors import BundleInvalid, ConfigurationError
from core.runtimes import load_detector
from tests.training.pictures import tiny_network
from training import export
from training.data.cache import Sample
from training.evaluation.text_table import table
from training.publish import Origin, measure, publish, record

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")

ORIGIN = Origin("1.0.0", "stripes made in code", "MIT")


@pytest.fixture(scope="module")
def bundle_dir(samples: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    import keras

    keras.utils.set_random_seed(0)
    network = tiny_network()
    model = network.build(48)
    # Stripes are what tells the classes apart here: one Laplacian-like filter is enough.
    kernel = np.zeros((3, 3, 3, 8), np.float32)
    kernel[1, 0], kernel[1, 1], kernel[1, 2] = -1, 2, -1
    model.layers[1].set_weights([kernel])
    model.layers[-1].set_weights([np.full((8, 1), 2.0, np.float32), np.zeros(1, np.float32)])
    folder = tmp_path_factory.mktemp("bundles") / "tiny-v1"
    publish(model, network, folder, samples, origin=ORIGIN, ranges=samples)
    return folder


def test_a_published_bundle_loads_and_says_what_it_means(bundle_dir: Path) -> None:
    manifest = load_bundle(bundle_dir).manifest
    assert manifest.name == "tiny-v1"
    assert Origin(manifest.version, manifest.data, manifest.licence) == ORIGIN
    assert (manifest.positive_class, manifest.output) == ("fake", "logit")
    assert manifest.calibration is not None
    assert set(manifest.artifacts) == set(RuntimeName)


def test_fp32_answers_as_keras_does_at_any_batch_size(
    bundle_dir: Path, samples: list[Sample]
) -> None:
    bundle = load_bundle(bundle_dir)
    crops = np.stack([sample.crop(48) for sample in samples])
    tensor = preprocess.to_tensor(crops, bundle.manifest.input.scaling)
    keras_runtime = load_detector(bundle, runtime="tensorflow").runtime
    openvino_runtime = load_detector(bundle, runtime="openvino-fp32").runtime
    for n in (1, 5, len(tensor)):
        expected = keras_runtime.predict(tensor[:n])
        np.testing.assert_allclose(openvino_runtime.predict(tensor[:n]), expected, atol=1e-3)


@pytest.mark.parametrize("runtime", list(RuntimeName))
def test_every_runtime_passes_the_self_test(bundle_dir: Path, runtime: RuntimeName) -> None:
    self_test(load_detector(load_bundle(bundle_dir), runtime=runtime))


def test_figures_are_measured_through_the_detector_and_recorded(
    bundle_dir: Path, samples: list[Sample]
) -> None:
    bundle = load_bundle(bundle_dir)
    reports = measure(bundle, samples, [RuntimeName.OPENVINO_FP32])
    report = reports["openvino-fp32"]
    assert report["all"]["real"] == report["all"]["fake"] == 12
    assert report["all"]["auc"] > 0.9
    assert "portraits" in table(report)
    weights = bundle.manifest.artifacts
    recorded = record(bundle, "train", reports)
    assert recorded.manifest.metrics["train"] == reports
    assert recorded.manifest.artifacts == weights


def test_a_bundle_is_never_overwritten(bundle_dir: Path, samples: list[Sample]) -> None:
    network = tiny_network()
    with pytest.raises(ConfigurationError, match="already"):
        publish(network.build(48), network, bundle_dir, samples, origin=ORIGIN, ranges=samples)


def test_a_conversion_that_changes_the_answer_is_refused() -> None:
    one, two = tiny_network().build(48), tiny_network().build(48)
    tensor = np.random.default_rng(0).uniform(-1, 1, (2, 48, 48, 3)).astype(np.float32)
    one.layers[-1].set_weights([np.ones((8, 1), np.float32), np.ones(1, np.float32)])
    with pytest.raises(BundleInvalid, match="differs from Keras"):
        export.check_parity(two, export.to_openvino(one), tensor)
