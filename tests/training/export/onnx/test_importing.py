"""An imported ONNX file gives, through the service's own detector, what NumPy works out by hand."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from core import jpeg
from core.errors import BundleInvalid
from core.model.detector import self_test
from core.model.preprocess import Scaling, from_jpegs
from core.model.runtimes import load_detector
from tests.training.export.onnx.onnx_models import SIZE, Floats, Network, save
from tests.training.export.onnx.requests import import_it
from training.export.new_bundle import Imported
from training.export.onnx.request import Normalization
from training.export.publish import rewrite

_MEAN, _STD = (0.48, 0.46, 0.41), (0.23, 0.25, 0.27)
_SCALINGS: dict[str, Any] = {
    "unit": lambda x: x / 255,
    "signed": lambda x: x / 127.5 - 1,
    "raw": lambda x: x,
}


def _crops(n: int = 10) -> list[bytes]:
    """Each of a colour of its own, uneven over the picture."""
    random = np.random.default_rng(1)
    small = random.integers(0, 100, (n, 8, 8, 3)) + random.integers(0, 156, (n, 1, 1, 3))
    pictures = np.kron(small, np.ones((1, 4, 4, 1))).astype(np.uint8)
    return [jpeg.encode(picture) for picture in pictures]


def _pixels(crops: list[bytes]) -> Floats:
    """(n, size, size, 3) float32 RGB in [0, 255]."""
    return from_jpegs(crops, size=SIZE, scaling=Scaling.RAW)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x.astype(np.float64))), np.float32)


def _scores(imported: Imported, crops: list[bytes]) -> Any:
    return load_detector(imported.bundle).probability(crops)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_layout_order_and_normalization_become_part_of_the_graph(
    tmp_path: Path, layout: str, order: str
) -> None:
    network, crops = Network(), _crops()
    file = network.save(tmp_path / "net.onnx", layout=layout)
    imported = import_it(
        file, channel_order=order, output="logit", scaling=Normalization(_MEAN, _STD)
    )
    mean, std = (np.array(each, np.float32) for each in (_MEAN, _STD))
    pictures = (_pixels(crops) / 255 - mean) / std
    taken = pictures[..., ::-1] if order == "bgr" else pictures
    expected = _sigmoid(network.logits(taken)[:, 0])
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(_scores(imported, crops), expected, atol=1e-5)
    for n in (1, 3):  # other numbers than a job's ten go another way through OpenVINO
        np.testing.assert_allclose(_scores(imported, crops[:n]), expected[:n], atol=1e-5)
    assert imported.bundle.manifest.input.scaling is Scaling.UNIT


@pytest.mark.parametrize("name", _SCALINGS)
def test_a_named_scaling_is_what_the_file_gets(tmp_path: Path, name: str) -> None:
    network, crops = Network(), _crops(3)
    network.mix /= 100 if name == "raw" else 1  # else every answer is 0 or 1
    file = network.save(tmp_path / "net.onnx")
    imported = import_it(file, output="logit", scaling=Scaling(name))
    expected = _sigmoid(network.logits(_SCALINGS[name](_pixels(crops)))[:, 0])
    np.testing.assert_allclose(_scores(imported, crops), expected, atol=1e-5)
    assert imported.bundle.manifest.input.scaling == name


@pytest.mark.parametrize("positive", ["fake", "real"])
@pytest.mark.parametrize("activation", [None, "Softmax", "LogSoftmax"])
def test_of_two_outputs_the_second_is_the_positive_class(
    tmp_path: Path, activation: str | None, positive: str
) -> None:
    network, crops = Network(outputs=2), _crops(4)
    file = network.save(tmp_path / "net.onnx", activation=activation)
    output = None if activation else "logit"
    imported = import_it(file, positive_class=positive, output=output)
    first, second = np.exp(network.logits(_pixels(crops) / 255)).T
    share = second / (first + second)
    expected = share if positive == "fake" else 1 - share
    np.testing.assert_allclose(_scores(imported, crops), expected, atol=1e-5)


@pytest.mark.parametrize("outputs", [1, 2])
def test_probabilities_whose_origin_is_hidden_are_taken_as_such(
    tmp_path: Path, outputs: int
) -> None:
    network, crops = Network(outputs), _crops(3)
    nodes = [
        helper.make_node("Mul", ["picture", "places"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "sides"], ["sums"], keepdims=0),
        helper.make_node("Gemm", ["sums", "mix", "bias"], ["logits"]),
        helper.make_node("Softmax" if outputs == 2 else "Sigmoid", ["logits"], ["shares"]),
        helper.make_node("Mul", ["shares", "one"], ["answer"]),
    ]
    constants: dict[str, Any] = {
        "places": network.places,
        "sides": np.array([2, 3], np.int64),
        "mix": network.mix,
        "bias": network.bias,
        "one": np.full((1, outputs), 0.999, np.float32),
    }
    save(tmp_path / "net.onnx", nodes, constants, ("n", 3, SIZE, SIZE))
    imported = import_it(tmp_path / "net.onnx", output="probability")
    assert imported.bundle.manifest.output == "probability"
    logits = network.logits(_pixels(crops) / 255)
    of_one = logits[:, 0] if outputs == 1 else logits[:, 1] - logits[:, 0]
    np.testing.assert_allclose(_scores(imported, crops), 0.999 * _sigmoid(of_one), atol=1e-5)


def test_a_saturated_sigmoid_keeps_its_logit(tmp_path: Path) -> None:
    network, crops = Network(), _crops(2)
    network.bias += 40  # float32 has no probability between this one and 1
    imported = import_it(network.save(tmp_path / "net.onnx", activation="Sigmoid"))
    detector = load_detector(imported.bundle)
    raw = detector.runtime.predict(from_jpegs(crops, size=SIZE, scaling=Scaling.UNIT)).raw
    np.testing.assert_allclose(raw, network.logits(_pixels(crops) / 255)[:, 0], rtol=1e-5)


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.UINT8])
def test_the_type_of_the_input_is_converted_in_the_graph(tmp_path: Path, element: int) -> None:
    network, crops = Network(), _crops(3)
    network.mix /= 100
    file = network.save(tmp_path / "net.onnx", element=element)
    imported = import_it(file, output="logit", scaling=Scaling.RAW)
    expected = _sigmoid(network.logits(_pixels(crops))[:, 0])
    np.testing.assert_allclose(_scores(imported, crops), expected, atol=1e-4)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_fixed_number_of_pictures_is_opened(tmp_path: Path, batch: int) -> None:
    network, crops = Network(), _crops(3)
    file = network.save(tmp_path / "net.onnx", activation="Sigmoid", batch=batch)
    expected = _sigmoid(network.logits(_pixels(crops) / 255)[:, 0])
    np.testing.assert_allclose(_scores(import_it(file), crops), expected, atol=1e-5)


def test_a_model_that_mixes_the_pictures_of_a_batch_is_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("ReduceMean", ["colour"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["colour", "mean"], ["centred"]),
        helper.make_node("Add", ["centred", "colour"], ["both"]),
        helper.make_node("ReduceSum", ["both", "axis"], ["answer"], keepdims=1),
    ]
    constants = {"axis": np.array([1], np.int64)}
    save(tmp_path / "net.onnx", nodes, constants, (1, 3, SIZE, SIZE))
    with pytest.raises(BundleInvalid, match=r"exported for 1 at once.*differ by.*dynamic_axes"):
        import_it(tmp_path / "net.onnx", output="logit")
    assert not list((tmp_path / "models").iterdir())


def test_a_number_of_pictures_that_is_built_in_is_refused_with_the_way_out(tmp_path: Path) -> None:
    nodes = [  # as exported vision transformers put one class token before the patches
        helper.make_node("ReduceMean", ["picture"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("Concat", ["token", "colour"], ["tokens"], axis=1),
        helper.make_node("ReduceSum", ["tokens", "axis"], ["answer"], keepdims=1),
    ]
    constants: dict[str, Any] = {
        "token": np.ones((1, 1), np.float32),
        "axis": np.array([1], np.int64),
    }
    save(tmp_path / "net.onnx", nodes, constants, (1, 3, SIZE, SIZE))
    with pytest.raises(BundleInvalid, match=r"exported for 1 at once.*dynamic_axes") as caught:
        import_it(tmp_path / "net.onnx", output="logit")
    assert "\n" not in caught.value.message
    assert not (tmp_path / "models").exists()


def test_the_bundle_records_what_it_is_and_no_calibration(tmp_path: Path) -> None:
    file = Network().save(tmp_path / "net.onnx", activation="Sigmoid")
    imported = import_it(file, licence="MIT", source="https://example.org/net")
    manifest = imported.bundle.manifest
    assert manifest.origin is not None
    assert manifest.origin.files == {"net.onnx": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert manifest.origin.source == "https://example.org/net"
    assert manifest.licence == "MIT"
    assert manifest.calibration is None
    assert list(manifest.artifacts) == ["openvino-fp32"]
    assert manifest.explanation is None
    assert any("cannot show where in a face it looks" in each for each in imported.warnings)
    assert self_test(load_detector(imported.bundle)) == 0
    assert imported.parity is not None
    assert imported.parity < 1e-4


def test_the_origin_stays_when_a_bundle_is_calibrated(tmp_path: Path) -> None:
    bundle = import_it(Network().save(tmp_path / "net.onnx", activation="Sigmoid")).bundle
    calibration = {"slope": 2.0, "intercept": 0.0, "fitted_on": "test"}
    changed = rewrite(bundle.path, bundle.manifest, calibration=calibration).manifest
    assert changed.calibration is not None
    assert changed.origin == bundle.manifest.origin


def test_a_bundle_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    file = Network().save(tmp_path / "net.onnx", activation="Sigmoid")
    before = import_it(file).bundle.sha256
    with pytest.raises(BundleInvalid, match=r"exists already; choose another --name"):
        import_it(file, version="2")
    assert import_it(file, version="2", replace=True).bundle.sha256 != before
    assert [each.name for each in (tmp_path / "models").iterdir()] == ["foreign"]


@pytest.mark.parametrize(
    ("stated", "told"),
    [({"name": "Große Namen"}, "name 'Große Namen'"), ({"version": ""}, "version ''")],
)
def test_fields_that_a_bundle_may_not_have_are_refused(
    tmp_path: Path, stated: dict[str, Any], told: str
) -> None:
    file = Network().save(tmp_path / "net.onnx", activation="Sigmoid")
    with pytest.raises(BundleInvalid, match=told):
        import_it(file, **stated)
    assert not (tmp_path / "models").exists()


def test_a_model_that_scales_inside_is_pointed_out(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Div", ["picture", "all"], ["scaled"]),
        helper.make_node("ReduceMean", ["scaled"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("ReduceSum", ["colour", "axis"], ["sum"], keepdims=1),
        helper.make_node("Sigmoid", ["sum"], ["answer"]),
    ]
    constants: dict[str, Any] = {"all": np.array(255, np.float32), "axis": np.array([1], np.int64)}
    save(tmp_path / "net.onnx", nodes, constants, ("n", 3, SIZE, SIZE))
    imported = import_it(tmp_path / "net.onnx")
    assert any("Should it be --scaling raw?" in each for each in imported.warnings)
    quiet = import_it(tmp_path / "net.onnx", name="quiet", scaling=Scaling.RAW)
    assert not any("--scaling" in each for each in quiet.warnings)


def test_tensorflow_is_not_imported(tmp_path: Path) -> None:
    file = Network().save(tmp_path / "net.onnx", activation="Sigmoid")
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.training.export.onnx.requests import import_it\n"
        "from core.model.runtimes import load_detector\n"
        "load_detector(import_it(Path(sys.argv[1])).bundle).warm_up()\n"
        "print([name for name in ('tensorflow', 'keras', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run(  # as a process of its own: other tests import TensorFlow here
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr
