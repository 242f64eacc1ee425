from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import jpeg
from core.errors import BundleInvalid, ConfigurationError, ExplanationUnavailable
from core.model import preprocess
from core.model.bundle import Explanation, RuntimeName, load_bundle
from core.model.detector import self_test
from core.model.runtimes import load_detector
from tests.training.pictures import tiny_network
from tests.training.trained_networks import hidden_network, striped
from training.calibrate.calibration import Wanted
from training.data.cache import Sample
from training.evaluate.figures import figures_of
from training.evaluate.scores import scores_of
from training.evaluate.scoring import cut_crops, score_samples
from training.evaluate.text_table import table
from training.evaluate.verdicts import called
from training.export import openvino as export
from training.export.keras_network import KerasNetwork
from training.export.publish import Origin, publish, record
from training.networks import Head

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")

MARGIN = 0.4  # at 0.25 the stride of the network would miss every stripe
ORIGIN = Origin("1.0.0", "stripes made in code", "MIT", MARGIN)
# There are twelve pictures of each class: few, for a threshold.
ABOUT: dict[str, Any] = {"origin": ORIGIN, "wanted": Wanted(0.3, 0.3)}


@pytest.fixture(scope="module")
def bundle_dir(samples: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "tiny-v1"
    network = tiny_network()
    publish(KerasNetwork(striped(network), network), folder, samples, **ABOUT, trained_on=samples)
    return folder


@pytest.fixture(scope="module")
def hidden_dir(samples: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose network has a hidden layer in its head."""
    folder = tmp_path_factory.mktemp("bundles") / "hidden-v1"
    network = hidden_network()
    model = striped(network)
    publish(
        KerasNetwork(model, network),
        folder,
        samples,
        **ABOUT,
        trained_on=samples,
        int8="none",
    )
    return folder


def test_a_published_bundle_loads_and_says_what_it_means(bundle_dir: Path) -> None:
    manifest = load_bundle(bundle_dir).manifest
    assert manifest.name == "tiny-v1"
    assert (
        Origin(manifest.version, manifest.data, manifest.licence, manifest.input.margin) == ORIGIN
    )
    assert (manifest.positive_class, manifest.output) == ("fake", "logit")
    assert manifest.calibration is not None
    assert set(manifest.artifacts) == set(RuntimeName)


def test_fp32_answers_as_keras_does_at_any_batch_size(
    bundle_dir: Path, samples: list[Sample]
) -> None:
    bundle = load_bundle(bundle_dir)
    crops = np.stack([sample.crop(48, MARGIN) for sample in samples])
    tensor = preprocess.to_tensor(crops, bundle.manifest.input.scaling)
    keras_runtime = load_detector(bundle, runtime="tensorflow").runtime
    openvino_runtime = load_detector(bundle, runtime="openvino-fp32").runtime
    for n in (1, 5, len(tensor)):
        expected = keras_runtime.predict(tensor[:n]).raw
        np.testing.assert_allclose(openvino_runtime.predict(tensor[:n]).raw, expected, atol=1e-3)


@pytest.mark.parametrize("runtime", list(RuntimeName))
def test_every_runtime_passes_the_self_test_by_far(bundle_dir: Path, runtime: RuntimeName) -> None:
    bundle = load_bundle(bundle_dir)
    assert bundle.manifest.self_test is not None
    assert (
        self_test(load_detector(bundle, runtime=runtime))
        < 1e-3
        < bundle.manifest.self_test.tolerance
    )


def test_figures_are_measured_through_the_detector_and_recorded(
    bundle_dir: Path, samples: list[Sample]
) -> None:
    bundle = load_bundle(bundle_dir)
    p = score_samples(load_detector(bundle, runtime="openvino-fp32"), samples)
    report = figures_of(scores_of(samples, p), called(p, bundle.manifest.thresholds))
    assert report["all"]["real"] == report["all"]["fake"] == 12
    assert report["all"]["auc"] > 0.9
    assert "portraits" in table(report)
    weights = bundle.manifest.artifacts
    recorded = record(bundle, "train", report)
    assert recorded.manifest.metrics["train"] == report
    assert recorded.manifest.artifacts == weights


def test_a_bundle_is_never_overwritten(bundle_dir: Path, samples: list[Sample]) -> None:
    network = tiny_network()
    with pytest.raises(ConfigurationError, match="already"):
        publish(
            KerasNetwork(network.build(48, Head()), network),
            bundle_dir,
            samples,
            **ABOUT,
            trained_on=samples,
        )


def test_what_int8_costs_stands_in_the_bundle(bundle_dir: Path, samples: list[Sample]) -> None:
    loss = load_bundle(bundle_dir).manifest.metrics["int8"]
    assert loss["pictures"] == len(samples)
    assert loss["accuracy_fp32"] == loss["accuracy_int8"] == 1
    assert 0 < loss["greatest_difference"] < 0.1


def test_a_lossy_int8_is_refused_and_leaves_nothing_behind(
    samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "quantize", _broken_quantization)
    network = tiny_network()
    with pytest.raises(BundleInvalid, match=r"INT8 loses 50\.00 points.*--allow-int8-drop"):
        publish(
            KerasNetwork(striped(network), network),
            tmp_path / "b",
            samples,
            **ABOUT,
            trained_on=samples,
        )
    assert list(tmp_path.iterdir()) == []


def test_too_few_pictures_are_refused_before_the_minutes_of_int8(
    samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("INT8 was made")

    monkeypatch.setattr(export, "quantize", fail)
    network = tiny_network()
    with pytest.raises(ConfigurationError, match=r"There are 12 real pictures"):
        publish(
            KerasNetwork(striped(network), network),
            tmp_path / "b",
            samples,
            origin=ORIGIN,
            trained_on=samples,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_lossy_int8_is_taken_when_told_to_with_its_figures(
    samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "quantize", _broken_quantization)
    network, folder = tiny_network(), tmp_path / "b"
    publish(
        KerasNetwork(striped(network), network),
        folder,
        samples,
        **ABOUT,
        trained_on=samples,
        int8="any",
    )
    assert load_bundle(folder).manifest.metrics["int8"]["accuracy_drop_points"] == 50


def test_a_name_that_no_bundle_may_have_is_refused_before_anything_is_written(
    samples: list[Sample], tmp_path: Path
) -> None:
    network = tiny_network()
    with pytest.raises(ConfigurationError, match="name 'Tiny V1'"):
        publish(
            KerasNetwork(network.build(48, Head()), network), tmp_path / "Tiny V1", samples,
            **ABOUT, trained_on=samples,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("runtime", list(RuntimeName))
def test_the_map_and_the_score_of_a_bundle_agree_in_every_runtime(
    bundle_dir: Path, samples: list[Sample], runtime: RuntimeName
) -> None:
    detector = load_detector(load_bundle(bundle_dir), runtime=runtime)
    crops = [jpeg.encode(sample.crop(48, MARGIN)) for sample in samples[:4]]
    platt = detector.bundle.manifest.calibration
    assert platt is not None
    bias = platt.slope * -0.3 + platt.intercept  # the network's own is -0.3
    p = detector.probability(crops)
    mean = detector.explain(crops).astype(np.float64).mean((1, 2))
    np.testing.assert_allclose(mean + bias, np.log(p / (1 - p)), atol=1e-3)


def test_a_network_with_a_hidden_layer_explains_itself_through_tensorflow_alone(
    hidden_dir: Path, samples: list[Sample]
) -> None:
    bundle = load_bundle(hidden_dir)
    assert bundle.manifest.explanation == Explanation(method="grad-cam", layer="features")
    assert RuntimeName.OPENVINO_INT8 not in bundle.manifest.artifacts
    crops = [jpeg.encode(sample.crop(48, MARGIN)) for sample in samples[:3]]
    heat = load_detector(bundle, runtime="tensorflow").explain(crops)
    assert heat.shape == (3, 24, 24)
    assert np.abs(heat).max() > 0
    with pytest.raises(ExplanationUnavailable, match="grad-cam"):
        load_detector(bundle, runtime="openvino-fp32").explain(crops)


def test_a_conversion_that_changes_the_answer_is_refused() -> None:
    one, two = tiny_network().build(48, Head()), tiny_network().build(48, Head())
    tensor = np.random.default_rng(0).uniform(-1, 1, (2, 48, 48, 3)).astype(np.float32)
    one.layers[-1].set_weights([np.ones((8, 1), np.float32), np.ones(1, np.float32)])
    with pytest.raises(BundleInvalid, match="differs from Keras"):
        export.check_parity(two, export.to_openvino(one), tensor)


def _broken_quantization(model: Any, *_: object, **__: object) -> Any:
    """The network with its sign turned: INT8 at its worst."""
    from core.openvino_core import ov

    turned = model.clone()
    logit = turned.output("logit").get_node().input_value(0)
    result = ov.opset13.result(ov.opset13.negative(logit))
    result.output(0).get_tensor().set_names({"logit"})
    cam = turned.output("cam").get_node()
    return ov.Model([result, cam], turned.get_parameters())


def test_every_runtime_says_the_same_of_how_new_a_crop_is(
    tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("novelty", "keras_network"):
        monkeypatch.setattr(f"training.export.{module}.FEWEST_CROPS", 10)
    network, folder = tiny_network(), tmp_path / "new-v1"
    publish(KerasNetwork(striped(network), network), folder, samples, **ABOUT, trained_on=samples)
    bundle = load_bundle(folder)
    assert bundle.manifest.novelty is not None
    crops = cut_crops(samples[:4], bundle.manifest.input)
    keras, float32, int8 = (
        load_detector(bundle, runtime=name).score(crops).novelty for name in RuntimeName
    )
    assert keras is not None
    assert float32 is not None
    assert int8 is not None  # of features that differ: only whether it answers is asked
    assert float(keras.min()) > 0
    np.testing.assert_allclose(float32, keras, rtol=1e-2)
