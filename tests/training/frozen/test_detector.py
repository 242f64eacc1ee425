from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import jpeg
from core.errors import BundleInvalid
from core.model import preprocess
from core.model.bundle import InputSpec, RuntimeName
from core.model.preprocess import Scaling
from core.openvino_core import openvino_core
from training.export.crops import tensor_of
from training.export.novelty import FEWEST_CROPS, NOT_MEASURED
from training.export.openvino import run_openvino
from training.frozen import detector
from training.frozen.detector import HeadOnTower
from training.frozen.head import LinearHead
from training.frozen.tower import Tower


@pytest.fixture
def whole(tower: Tower) -> HeadOnTower:
    """A head of which every feature weighs something else."""
    kernel = np.random.default_rng(3).normal(size=32).astype(np.float32)
    return HeadOnTower(tower, LinearHead(kernel, -1.5))


def _crops(n: int = 12) -> list[bytes]:
    random = np.random.default_rng(4)
    return [jpeg.encode(random.integers(0, 256, (32, 32, 3)).astype(np.uint8)) for _ in range(n)]


def _fields(tower: Tower) -> dict[str, Any]:
    return {"input": InputSpec(size=tower.size, scaling=tower.scaling), "metrics": {}}


def test_pixels_go_in_and_the_logit_of_the_head_comes_out(whole: HeadOnTower, tower: Tower) -> None:
    pixels = np.stack([jpeg.decode(crop, size=32) for crop in _crops()])
    tensor = preprocess.to_tensor(pixels, Scaling.UNIT)
    expected = whole.head.logits(tower.features(pixels).reshape(12, -1))
    assert run_openvino(whole.graph(), tensor) == pytest.approx(expected, abs=0.02)
    assert run_openvino(whole.graph(), tensor[:1]) == pytest.approx(expected[:1], abs=0.02)


def test_the_file_has_half_the_weights_bytes_and_the_same_answers(
    whole: HeadOnTower, tower: Tower, tmp_path: Path
) -> None:
    fields = _fields(tower)
    artifacts, converted = whole.write_float(tmp_path, fields, _crops())
    assert artifacts == {RuntimeName.OPENVINO_FP32: ["fp32.xml", "fp32.bin"]}
    assert 0 < fields["metrics"]["parity"]["float16_logit"] < detector.MAX_DIFFERENCE
    written = openvino_core().read_model(tmp_path / "fp32.xml")
    types = {each.get_element_type().to_string() for each in written.get_ops() if _weights(each)}
    assert types == {"f16"}
    tensor = np.random.default_rng(5).random((3, 32, 32, 3)).astype(np.float32)
    expected = run_openvino(whole.graph(), tensor)
    assert run_openvino(written, tensor) == pytest.approx(expected, abs=0.02)
    assert run_openvino(converted, tensor) == pytest.approx(expected, abs=0.02)


def test_a_head_that_float16_would_move_is_refused(tower: Tower, tmp_path: Path) -> None:
    steep = HeadOnTower(tower, LinearHead(np.full(32, 1e4, np.float32), 0.0))
    with pytest.raises(BundleInvalid, match=r"float16 move a logit .* limit is 0\.05"):
        steep.write_float(tmp_path, _fields(tower), _crops())


def _weights(node: Any) -> bool:
    return bool(node.get_type_name() == "Constant" and np.prod(node.get_output_shape(0)) > 60)


def test_of_many_crops_it_learns_what_is_like_them(
    whole: HeadOnTower, tower: Tower, tmp_path: Path
) -> None:
    pytest.importorskip("nncf")
    fields, crops = _fields(tower), _crops(FEWEST_CROPS)
    artifacts, converted = whole.write_float(tmp_path, fields, crops)
    assert fields["novelty"] == NOT_MEASURED
    tensor = np.stack([tensor_of(crops[:4], fields), np.zeros((4, 32, 32, 3), np.float32)]).reshape(
        8, 32, 32, 3
    )
    int8 = whole.quantized(converted, list(tensor[:4]))
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 where the CPU has it
    for model in (converted, int8):
        compiled = openvino_core().compile_model(model, "CPU", exact)
        novelty = compiled([tensor])[compiled.output("novelty")][:, 0]
        assert novelty[:4].max() < 5
        assert novelty[4:].min() > 5 * novelty[:4].max()
    assert list(artifacts) == [RuntimeName.OPENVINO_FP32]
