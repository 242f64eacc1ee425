"""Keras and ONNX files become bundles; real TensorFlow, tiny networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import jpeg
from core.model.bundle import RuntimeName, load_bundle
from core.model.runtimes import load_detector
from tests.deepfake.conftest import RunCommand
from tests.training.export.onnx.onnx_models import Network

SIZE = 32
SaveModel = Callable[..., Path]


@pytest.fixture(scope="module")
def keras() -> Any:
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.keras


@pytest.fixture
def save(keras: Any, tmp_path: Path) -> SaveModel:
    """A network that says how red a picture is, ending in the layers that are passed."""

    def build(*ending: Any, name: str = "net.keras", size: int | None = SIZE) -> Path:
        keras.utils.set_random_seed(7)
        layers = [keras.layers.Input((size, size, 3)), keras.layers.GlobalAveragePooling2D()]
        model = keras.Sequential([*layers, *ending])
        file = tmp_path / name
        model.save(file)
        return file

    return build


@pytest.fixture
def redness(keras: Any) -> Callable[..., Any]:
    """A last layer whose (last) unit grows with the red of the picture."""

    def layer(units: int = 1, **options: Any) -> Any:
        kernel = np.zeros((3, units), np.float32)
        kernel[0, -1] = 4.0
        initial = keras.initializers.Constant(kernel)
        bias = keras.initializers.Constant(np.array([-2.0] * units, np.float32))
        return keras.layers.Dense(
            units, kernel_initializer=initial, bias_initializer=bias, **options
        )

    return layer


def score_of_red(bundle_folder: Path, runtime: RuntimeName) -> float:
    detector = load_detector(load_bundle(bundle_folder), runtime=runtime)
    red = np.zeros((SIZE, SIZE, 3), np.uint8)
    red[..., 0] = 255
    return float(detector.probability([jpeg.encode(red)])[0])


def import_it(run: RunCommand, file: Path, *arguments: object, name: str = "net") -> Any:
    return run(
        "models", "import", file, "--name", name, "--scaling", "unit", "--into",
        file.parent / "models", *arguments,
    )  # fmt: skip


def test_the_positive_class_decides_what_a_high_output_means(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    file = save(redness(activation="sigmoid"))
    for meaning in ("fake", "real"):
        done = import_it(run, file, "--positive-class", meaning, name=meaning)
        assert done.exit_code == 0, done.output
    models = file.parent / "models"
    for runtime in (RuntimeName.TENSORFLOW, RuntimeName.OPENVINO_FP32):
        fake, real = (score_of_red(models / name, runtime) for name in ("fake", "real"))
        assert fake == pytest.approx(0.88, abs=0.01)
        assert real == pytest.approx(1 - fake, abs=1e-5)


def test_the_bundle_says_what_it_is_and_verifies(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    file = save(redness(activation="sigmoid"))
    done = import_it(run, file, "--positive-class", "real", "--threshold-fake", "0.7")
    folder = file.parent / "models" / "net"
    manifest = json.loads((folder / "model.json").read_text())
    assert manifest["output"] == "probability"
    assert manifest["calibration"] is None
    assert manifest["thresholds"] == {"fake": 0.7, "real": 0.2, "video": None}
    assert set(manifest["artifacts"]) == {"tensorflow", "openvino-fp32"}
    assert f"DEEPFAKE_MODEL={folder}" in done.stdout
    verified = run("models", "verify", folder)
    assert verified.exit_code == 0, verified.output
    assert verified.stdout.count("ok") == 3
    weights = folder / "openvino-fp32.bin"
    weights.write_bytes(weights.read_bytes() + b"x")
    damaged = run("models", "verify", folder)
    assert damaged.exit_code == 1
    assert "damaged" in damaged.stdout


def test_old_h5_files_are_taken(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    file = save(redness(activation="sigmoid"), name="old.h5")
    assert import_it(run, file, "--positive-class", "fake", "--no-openvino").exit_code == 0
    folder = file.parent / "models" / "net"
    assert score_of_red(folder, RuntimeName.TENSORFLOW) == pytest.approx(0.88, abs=0.01)
    assert list(load_bundle(folder).manifest.artifacts) == [RuntimeName.TENSORFLOW]


@pytest.mark.parametrize(("activation", "output"), [("softmax", "probability"), (None, "logit")])
def test_of_two_units_the_second_is_the_positive_class(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any], activation: str, output: str
) -> None:
    file = save(redness(2, activation=activation))
    done = import_it(run, file, "--positive-class", "fake")
    assert done.exit_code == 0, done.output
    assert "two output units" in done.stderr
    folder = file.parent / "models" / "net"
    assert load_bundle(folder).manifest.output == output
    for runtime in (RuntimeName.TENSORFLOW, RuntimeName.OPENVINO_FP32):
        # softmax over (-2, 2) is sigmoid(4)
        assert score_of_red(folder, runtime) == pytest.approx(0.982, abs=0.005)


def test_an_activation_that_does_not_tell_is_asked_for(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    file = save(redness(activation="tanh"))
    done = import_it(run, file, "--positive-class", "fake")
    assert done.exit_code == 1
    assert "state it with --output" in done.stderr


def test_a_stated_output_may_not_contradict_the_model(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    file = save(redness(activation="sigmoid"))
    done = import_it(run, file, "--positive-class", "fake", "--output", "logit")
    assert "contradicts the model: its last activation is sigmoid" in done.stderr


def test_a_model_of_any_size_needs_one_and_a_fixed_size_is_kept(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    free = save(redness(activation="sigmoid"), size=None)
    assert "--input-size" in import_it(run, free, "--positive-class", "fake").stderr
    done = import_it(run, free, "--positive-class", "fake", "--input-size", 48)
    assert done.exit_code == 0, done.output
    fixed = save(redness(activation="sigmoid"), name="fixed.keras")
    done = import_it(run, fixed, "--positive-class", "fake", "--input-size", 48, name="fixed")
    assert "it takes 32 x 32 pixels" in done.stderr


@pytest.mark.parametrize("name", ["evil.keras", "evil.h5"])
def test_code_inside_a_file_is_not_run(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any], keras: Any, name: str
) -> None:
    file = save(keras.layers.Lambda(lambda x: x * 2), redness(activation="sigmoid"), name=name)
    done = import_it(run, file, "--positive-class", "fake")
    assert done.exit_code == 1
    assert "cannot be loaded by Keras" in done.stderr
    assert not (file.parent / "models").exists()


def test_files_that_are_no_model_are_refused_in_one_line(
    run: RunCommand, keras: Any, tmp_path: Path
) -> None:
    for name in ("text.keras", "text.h5", "text.txt"):
        file = tmp_path / name
        file.write_text("hello")
        done = import_it(run, file, "--positive-class", "fake")
        assert done.exit_code == 1
        assert "neither a .keras file nor HDF5" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_bundle_is_not_overwritten_unless_asked(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    file = save(redness(activation="sigmoid"))
    arguments = ("--positive-class", "fake", "--no-openvino")
    assert import_it(run, file, *arguments).exit_code == 0
    assert "exists already" in import_it(run, file, *arguments).stderr
    assert import_it(run, file, *arguments, "--replace").exit_code == 0
    assert [p.name for p in (file.parent / "models").iterdir()] == ["net"]


def test_a_model_that_scales_inside_is_pointed_out(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any], keras: Any
) -> None:
    inside = keras.layers.Rescaling(1 / 255, name="scale_it")
    file = save(inside, redness(activation="sigmoid"))
    done = import_it(run, file, "--positive-class", "fake", "--no-openvino")
    assert "scale_it" in done.stderr
    assert "--scaling raw" in done.stderr


def test_an_imported_model_judges_a_photograph(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any], portrait: Path
) -> None:
    file = save(redness(activation="sigmoid"))
    import_it(run, file, "--positive-class", "real")
    done = run("scan", portrait, "--json", "--model", file.parent / "models" / "net")
    result = json.loads(done.stdout)["result"]
    assert result["calibrated"] is False
    assert result["model"]["name"] == "net"
    assert 0 < result["fake_probability"] < 1


@pytest.mark.parametrize(("units", "activation"), [(1, "sigmoid"), (1, "linear"), (2, "linear")])
def test_an_imported_model_explains_itself_by_its_last_feature_map(
    run: RunCommand, keras: Any, redness: Callable[..., Any], tmp_path: Path,
    units: int, activation: str,
) -> None:  # fmt: skip
    picture = keras.layers.Input((SIZE, SIZE, 3))
    maps = keras.layers.AveragePooling2D(8, name="maps")(picture)
    answer = redness(units, activation=activation)(keras.layers.GlobalAveragePooling2D()(maps))
    keras.Model(picture, answer).save(tmp_path / "net.keras")
    done = import_it(run, tmp_path / "net.keras", "--positive-class", "real")
    assert done.exit_code == 0, done.output
    bundle = load_bundle(tmp_path / "models" / "net")
    assert bundle.manifest.explanation is not None
    assert bundle.manifest.explanation.layer == "maps"
    half_red = np.zeros((SIZE, SIZE, 3), np.uint8)
    half_red[:, : SIZE // 2, 0] = 255
    (heat,) = load_detector(bundle, runtime="tensorflow").explain([jpeg.encode(half_red)])
    # Red speaks for "real": 4 logits of it lower P(fake) on the left, nothing on the right.
    assert heat.shape == (4, 4)
    np.testing.assert_allclose(heat[:, :2], -4, atol=0.1)
    np.testing.assert_allclose(heat[:, 2:], 0, atol=0.1)


def test_a_softmax_over_two_units_has_no_logit_to_explain_by(
    run: RunCommand, keras: Any, tmp_path: Path
) -> None:
    picture = keras.layers.Input((SIZE, SIZE, 3))
    maps = keras.layers.AveragePooling2D(8)(picture)
    x = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling2D()(maps))
    keras.Model(picture, x).save(tmp_path / "net.keras")
    done = import_it(run, tmp_path / "net.keras", "--positive-class", "fake", "--no-openvino")
    assert done.exit_code == 0, done.output
    assert load_bundle(tmp_path / "models" / "net").manifest.explanation is None


def test_thresholds_the_wrong_way_round_are_a_usage_error(run: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "net.keras"
    file.touch()
    done = import_it(run, file, "--positive-class", "fake", "--threshold-fake", "0.1")
    assert done.exit_code == 2
    assert "--threshold-real 0.2 is not below" in done.stderr


def test_a_file_that_gives_no_name_for_its_bundle_asks_for_one(
    run: RunCommand, tmp_path: Path
) -> None:
    (tmp_path / "模型.keras").touch()
    done = run(
        "models", "import", tmp_path / "模型.keras", "--positive-class", "fake", "--scaling", "raw"
    )
    assert done.exit_code == 2
    assert "No name of a bundle can be made of 模型.keras; state a --name." in done.stderr


ONNX = ("--scaling", "unit", "--channel-order", "rgb")


def import_onnx(run: RunCommand, file: Path, *arguments: object) -> Any:
    return run("models", "import", file, "--into", file.parent / "models", *arguments)


def test_an_onnx_file_becomes_a_bundle_that_verifies_and_judges(
    run: RunCommand, tmp_path: Path, portrait: Path
) -> None:
    file = Network(outputs=2).save(tmp_path / "Net.ONNX", activation="Softmax")
    done = import_onnx(
        run, file, "--classes", "fake,real", "--channel-order", "bgr", "--licence", "MIT",
        "--mean", "0.485,0.456,0.406", "--std", "0.229, 0.224, 0.225", "--source", "a paper",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    folder = tmp_path / "models" / "net"
    manifest = load_bundle(folder).manifest
    assert manifest.positive_class == "real"  # the second of the two
    assert manifest.origin is not None
    assert manifest.origin.source == "a paper"
    assert "two outputs" not in done.stderr  # both were named
    assert f"deepfake calibrate --model {folder}" in done.stdout
    assert run("models", "verify", folder).exit_code == 0
    result = json.loads(run("scan", portrait, "--json", "--model", folder).stdout)["result"]
    assert result["calibrated"] is False
    assert 0 < result["fake_probability"] < 1


def test_of_two_outputs_one_named_class_brings_a_warning(run: RunCommand, tmp_path: Path) -> None:
    file = Network(outputs=2).save(tmp_path / "net.onnx", activation="Softmax")
    done = import_onnx(run, file, "--positive-class", "fake", *ONNX)
    assert "the second is taken for 'fake', as --positive-class says" in done.stderr


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (ONNX, "'--positive-class': fake or real"),
        (("--positive-class", "fake"), "--scaling unit, signed or raw; or --mean"),
        (("--positive-class", "fake", "--mean", "0,0,0"), "--mean R,G,B and --std R,G,B together"),
        (
            ("--positive-class", "fake", *ONNX, "--mean", "0,0,0", "--std", "1,1,1"),
            "one of two ways",
        ),
        (("--positive-class", "fake", *ONNX, "--classes", "fake,real"), "contradicts --classes"),
        ((*ONNX, "--classes", "fake,real,other"), "neither real,fake nor fake,real"),
        ((*ONNX, "--classes", "real"), "neither real,fake nor fake,real"),
        ((*ONNX, "--positive-class", "fake", "--no-openvino"), "no choice for an ONNX file"),
        (("--mean", "123.7,116.3,103.5"), "divide those of bytes by 255"),
        (("--mean", "0.5,0.5"), "is not three numbers R,G,B from 0 up to 1"),
        (("--mean", "nan,0,0"), "is not three numbers R,G,B from 0 up to 1"),
        (("--std", "0,0.2,0.2"), "is not three numbers R,G,B above 0 up to 1"),
        (("--std", "a,b,c"), "is not three numbers R,G,B above 0 up to 1"),
    ],
)
def test_what_an_onnx_file_needs_is_asked_for_with_the_choices(
    run: RunCommand, tmp_path: Path, stated: tuple[str, ...], told: str
) -> None:
    file = Network().save(tmp_path / "net.onnx", activation="Sigmoid")
    done = import_onnx(run, file, *stated)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
    assert not (tmp_path / "models").exists()


def test_a_file_that_cannot_be_imported_is_one_line_of_error(
    run: RunCommand, tmp_path: Path
) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"no protobuf")
    done = import_onnx(run, file, "--positive-class", "fake", *ONNX)
    assert done.exit_code == 1
    assert "net.onnx cannot be imported: it is no ONNX file" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_of_onnx_are_refused_for_a_keras_file(run: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "net.keras").touch()
    done = import_it(
        run, tmp_path / "net.keras", "--positive-class", "fake", "--channel-order", "bgr"
    )
    assert done.exit_code == 2
    assert "--channel-order is for .onnx files" in done.stderr


def test_two_classes_of_a_keras_file_are_named_in_their_order(
    run: RunCommand, save: SaveModel, redness: Callable[..., Any]
) -> None:
    done = import_it(
        run, save(redness(2, activation="softmax")), "--classes", "fake,real", "--no-openvino"
    )
    assert done.exit_code == 0, done.output
    assert "two output units" not in done.stderr
    one = save(redness(activation="sigmoid"), name="one.keras")
    refused = import_it(run, one, "--classes", "fake,real", name="one")
    assert "--classes names 2 outputs, the model has 1" in refused.stderr
