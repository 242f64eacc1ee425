"""TensorFlow's functions that Keras 2 kept as layers compute in Keras 3 what they computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import BundleInvalid
from training.export.keras2.graph import translate

keras: Any = pytest.importorskip("keras")
Array = NDArray[np.float32]
_PICTURE = ["picture", 0, 0]
_REVERSED = [{"class_name": "__ellipsis__"}, {"start": None, "stop": None, "step": -1}]
_CORNER = [{"start": None, "stop": None, "step": None}, {"start": 0, "stop": 2, "step": None}, 1]


def _model(node: Any, function: str, class_name: str = "TFOpLambda") -> Any:
    """A model of Keras 2 that is one call of ``function``."""
    shape = {"batch_input_shape": [None, 4, 4, 3], "dtype": "float32", "name": "picture"}
    name = f"tf.{function}"
    layers = [
        {"class_name": "InputLayer", "config": shape, "name": "picture", "inbound_nodes": []},
        {"class_name": class_name, "config": {"name": name, "dtype": "float32",
         "function": function}, "name": name, "inbound_nodes": [node]},
    ]  # fmt: skip
    ends = {"input_layers": [_PICTURE], "output_layers": [[name, 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "net", "layers": layers, **ends}}
    translate(config)
    return keras.Model.from_config(config["config"])


@pytest.mark.parametrize(("function", "keywords", "expected"), [
    ("math.truediv", {"y": 127.5, "name": None}, lambda x: x / 127.5),
    ("math.subtract", {"y": 1.0, "name": None}, lambda x: x - 1),
    ("math.multiply", {"y": _PICTURE, "name": None}, lambda x: x * x),
    ("__operators__.add", {"y": 3.0, "name": None}, lambda x: x + 3),
    ("math.truediv", {"y": [1.0, 2.0, 4.0]}, lambda x: x / np.array([1, 2, 4], np.float32)),
    ("nn.bias_add", {"bias": [-1.0, -2.0, -3.0], "data_format": "NHWC"},
     lambda x: x - np.array([1, 2, 3], np.float32)),
    ("math.maximum", {"y": 0.5}, lambda x: np.maximum(x, 0.5)),
    ("math.reduce_mean", {"axis": [1, 2], "keepdims": True},
     lambda x: x.mean((1, 2), keepdims=True)),
    ("nn.relu6", {}, lambda x: np.clip(x, 0, 6)),
    ("reshape", {"shape": [-1, 48]}, lambda x: x.reshape(-1, 48)),
    ("image.resize", {"size": [2, 2], "method": "nearest"}, lambda x: x[:, 1::2, 1::2]),
    ("cast", {"dtype": "float32"}, lambda x: x),
    ("__operators__.getitem", {"slice_spec": _REVERSED}, lambda x: x[..., ::-1]),
    ("__operators__.getitem", {"slice_spec": _CORNER}, lambda x: x[:, :2, 1]),
])  # fmt: skip
def test_a_function_of_tensorflow_gives_what_it_gave(
    function: str, keywords: dict[str, Any], expected: Callable[[Array], Array]
) -> None:
    pictures = np.random.default_rng(0).normal(0, 4, (2, 4, 4, 3)).astype(np.float32)
    answer = np.asarray(_model([*_PICTURE, keywords], function)(pictures))
    np.testing.assert_allclose(answer, expected(pictures), rtol=1e-5, atol=1e-6)


def test_a_number_may_be_the_first_operand() -> None:
    model = _model(["_CONSTANT_VALUE", -1, 1.0, {"y": _PICTURE}], "math.subtract")
    pictures = np.random.default_rng(0).random((1, 4, 4, 3), np.float32)
    np.testing.assert_allclose(np.asarray(model(pictures)), 1 - pictures)


def test_tensors_are_joined() -> None:
    model = _model([[*_PICTURE, {"axis": -1}], [*_PICTURE, {"axis": -1}]], "concat")
    assert model.output_shape == (None, 4, 4, 6)


@pytest.mark.parametrize(("function", "keywords", "told"), [
    ("linalg.svd", {}, r"'tf\.linalg\.svd' calls tf\.linalg\.svd, which cannot be translated"),
    ("image.resize", {"size": [2, 2], "preserve_aspect_ratio": True},
     "with preserve_aspect_ratio=True, which cannot be translated"),
])  # fmt: skip
def test_what_has_no_translation_is_refused_by_name(
    function: str, keywords: dict[str, Any], told: str
) -> None:
    with pytest.raises(BundleInvalid, match=told):
        _model([*_PICTURE, keywords], function)
