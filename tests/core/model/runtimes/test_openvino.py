from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from core.errors import BundleInvalid
from core.model.bundle import RuntimeName, load_bundle
from core.model.runtimes import load_detector, openvino
from core.model.runtimes.openvino import OpenVinoRuntime
from tests.core.bundle_factory import SIZE, write_bundle, write_openvino


@pytest.mark.parametrize(("threads", "quota", "taken"), [(None, 1, 1), (2, 1, 2)])
def test_a_runtime_keeps_to_the_cpu_quota_unless_it_is_told_otherwise(
    threads: int | None,
    quota: int,
    taken: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openvino, "quota_cores", lambda: quota)
    bundle = load_bundle(write_bundle(tmp_path / "tiny").path)
    name = RuntimeName.OPENVINO_FP32
    runtime = OpenVinoRuntime(bundle.file(name), name, threads=threads)
    compiled = runtime._together.get_compiled_model()
    assert compiled.get_property("INFERENCE_NUM_THREADS") == taken


NOVELTY = {"limit": 9.0, "rate": 0.02, "fitted_on": "nothing"}
FP32 = RuntimeName.OPENVINO_FP32


@pytest.mark.parametrize("n", [1, 3, 10])
def test_the_novelty_of_each_crop_is_read_beside_its_answer(n: int, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, novelty=NOVELTY)
    tensor = np.ones((n, SIZE, SIZE, 3), np.float32) * np.linspace(-1, 1, n)[:, None, None, None]
    answers = load_detector(bundle).runtime.predict(tensor.astype(np.float32))
    assert answers.novelty is not None
    np.testing.assert_allclose(answers.raw, 8 * np.linspace(-1, 1, n), atol=1e-4)
    np.testing.assert_allclose(answers.novelty, answers.raw**2, rtol=1e-4)


def test_a_novelty_that_model_json_does_not_name_is_not_read(tmp_path: Path) -> None:
    write_openvino(tmp_path, novelty=True)
    runtime = OpenVinoRuntime(tmp_path / "fp32.xml", FP32)
    answers = runtime.predict(np.ones((2, SIZE, SIZE, 3), np.float32))
    assert answers.novelty is None
    np.testing.assert_allclose(answers.raw, [8, 8], atol=1e-4)


def test_a_promised_novelty_that_is_missing_is_an_invalid_bundle(tmp_path: Path) -> None:
    write_openvino(tmp_path)
    with pytest.raises(BundleInvalid, match="no output 'novelty' among its 1"):
        OpenVinoRuntime(tmp_path / "fp32.xml", FP32, novelty=True)


@pytest.mark.parametrize("novelty", [False, True])
@pytest.mark.parametrize("n", [1, 10])
def test_maps_come_out_of_the_run_that_gives_the_answers(
    n: int, novelty: bool, tmp_path: Path
) -> None:
    write_openvino(tmp_path, novelty=novelty, maps=True)
    runtime = OpenVinoRuntime(tmp_path / "fp32.xml", FP32, novelty=novelty)
    tensor = np.random.default_rng(0).random((n, SIZE, SIZE, 3), np.float32)
    answers = runtime.predict(tensor, maps=True)
    assert answers.heat is not None
    np.testing.assert_allclose(answers.heat, 8 * tensor.mean(3), rtol=1e-4)
    np.testing.assert_allclose(answers.heat.mean((1, 2)), answers.raw, rtol=1e-4)
    np.testing.assert_array_equal(answers.heat, runtime.explain(tensor))
    assert (answers.novelty is None) is not novelty
    assert runtime.predict(tensor).heat is None


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        (r'offset="\d+"', 'offset="999999999999"'),
        (r'(?<!element_)size="\d+"', 'size="999999999999"'),
        (r'shape="[\d, ]+"', 'shape="1000000, 1000000"'),
    ],
    ids=["behind the weights", "more than the weights", "a giant tensor"],
)
def test_weights_that_are_not_there_are_not_read(tmp_path: Path, told: str, instead: str) -> None:
    write_openvino(tmp_path)
    file = tmp_path / "fp32.xml"
    changed = re.sub(rf"(<data [^>]*?){told}", rf"\1{instead}", file.read_text())
    assert changed != file.read_text()
    file.write_text(changed)
    with pytest.raises(BundleInvalid, match="not a model that OpenVINO can read"):
        OpenVinoRuntime(file, FP32)
