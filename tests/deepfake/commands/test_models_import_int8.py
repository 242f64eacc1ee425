"""An imported file gets INT8 by a folder of pictures; real NNCF, tiny networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.model.bundle import RuntimeName, load_bundle
from core.model.runtimes import load_detector
from core.openvino_core import openvino_core
from tests.deepfake.conftest import RunCommand
from tests.training.export.onnx.convolving import convolving, write_pictures
from tests.training.pictures import write_data

pytest.importorskip("nncf")
ONNX = ("--positive-class", "fake", "--scaling", "unit", "--channel-order", "rgb")


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convolving(tmp_path_factory.mktemp("onnx") / "net.onnx")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty of no stated class."""
    return write_pictures(tmp_path_factory.mktemp("pictures") / "faces")


def import_it(run: RunCommand, file: Path, models: Path, *arguments: object) -> Any:
    return run(
        "models", "import", file, "--into", models, "--cache", models.parent / "cache", *arguments
    )


def integers(file: Path) -> list[Any]:
    """Weights that an OpenVINO file holds as bytes."""
    nodes = openvino_core().read_model(file).get_ops()
    constants = [node for node in nodes if node.get_type_name() == "Constant"]
    return [each.data for each in constants if each.get_element_type().to_string() == "i8"]


def test_a_folder_of_pictures_gives_an_onnx_file_int8_and_says_what_it_costs(
    run: RunCommand, onnx_file: Path, pictures: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    done = import_it(run, onnx_file, models, *ONNX, "--int8", "--calibration-data", pictures)
    assert done.exit_code == 0, done.output
    assert "In 80 of 80 pictures no face was found" in done.stderr
    bundle = load_bundle(models / "net")
    assert list(bundle.manifest.artifacts) == ["openvino-fp32", "openvino-int8"]
    figures = bundle.manifest.metrics["int8"]
    assert (figures["pictures"], figures["range_pictures"]) == (40, 40)
    assert "auc_int8" not in figures  # nothing says which are fake
    assert 0 < figures["difference_rms"] < 0.1 * figures["logit_spread"]
    assert f"{figures['difference_rms']:.3f} (rms)" in done.stdout
    weights = integers(bundle.file(RuntimeName.OPENVINO_INT8))
    assert len(weights) == 1  # the second convolution; first and last product are in FP32
    assert max(int(np.abs(each.astype(int)).max()) for each in weights) <= 64  # 7 bits
    assert run("models", "verify", models / "net").exit_code == 0
    assert load_detector(bundle).runtime.name is RuntimeName.OPENVINO_INT8


def test_a_loss_over_the_bound_is_refused_with_the_figures_and_leaves_nothing(
    run: RunCommand, onnx_file: Path, pictures: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    done = import_it(
        run, onnx_file, models, *ONNX, "--int8", "--calibration-data", pictures,
        "--int8-loss", "0.0001",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "of its own deviation; the limit is 0.0001:" in done.stderr
    assert "state another --int8-loss" in done.stderr
    assert list(models.iterdir()) == []


def test_a_keras_file_gets_int8_beside_its_own_runtimes_and_the_auc_of_both(
    run: RunCommand, tmp_path: Path
) -> None:
    keras = pytest.importorskip("tensorflow").keras
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential([
        layers.Input((32, 32, 3)), layers.Conv2D(16, 3, strides=2, activation="relu"),
        layers.Conv2D(16, 3, activation="relu"), layers.GlobalAveragePooling2D(),
        layers.Dense(1, "sigmoid", kernel_initializer=keras.initializers.RandomNormal(stddev=20)),
    ])  # fmt: skip
    model.save(tmp_path / "net.keras")
    done = import_it(
        run, tmp_path / "net.keras", tmp_path / "models", "--positive-class", "real",
        "--scaling", "signed", "--int8", "--calibration-data", write_data(tmp_path / "d", pairs=10),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    bundle = load_bundle(tmp_path / "models" / "net")
    assert list(bundle.manifest.artifacts) == ["tensorflow", "openvino-fp32", "openvino-int8"]
    figures = bundle.manifest.metrics["int8"]
    assert figures["auc_int8"] == pytest.approx(figures["auc_fp32"], abs=0.05)
    assert f"AUC {figures['auc_fp32']:.4f} in FP32" in done.stdout
    assert bundle.manifest.self_test is not None
    assert list(bundle.manifest.self_test.answers) == ["openvino-int8"]
    assert run("models", "verify", bundle.path).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--int8",), "Missing option '--calibration-data'"),
        (("--calibration-data", "."), "--calibration-data is of INT8: give --int8 too"),
        (("--int8-loss", "0.2"), "--int8-loss is of INT8: give --int8 too"),
        (("--int8", "--calibration-data", ".", "--no-openvino"), "exclude each other"),
        (("--int8", "--calibration-data", ".", "--int8-loss", "0"), "0 is not in the range x>0"),
    ],
    ids=["no pictures", "no int8", "a bound of nothing", "no openvino", "no loss allowed"],
)
def test_what_int8_needs_is_asked_for(
    run: RunCommand, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "net.onnx").touch()
    done = import_it(run, tmp_path / "net.onnx", tmp_path / "models", *ONNX, *arguments)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())


def test_too_few_pictures_are_refused_before_the_model_is_read(
    run: RunCommand, tmp_path: Path
) -> None:
    few = write_pictures(tmp_path / "few", 63)
    (tmp_path / "net.onnx").touch()  # which would be refused as empty
    done = import_it(
        run, tmp_path / "net.onnx", tmp_path / "models", *ONNX, "--int8", "--calibration-data", few
    )
    assert done.exit_code == 1
    assert "holds 63 pictures outside of test, in two halves of whole groups 32 and 31" in (
        done.stderr
    )
