"""Calls of TensorFlow that Keras 2 kept as layers, as the same operations of Keras 3.

``x / 127.5``, ``preprocess_input(x)`` and ``tf.image.resize(x, size)`` on the tensors of a model
became layers of the classes TFOpLambda and SlicingOpLambda, which Keras 3 does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import BundleInvalid

LAYERS = frozenset({"TFOpLambda", "SlicingOpLambda"})
_NUMPY, _NN, _IMAGE, _CORE = (f"keras.src.ops.{name}" for name in ("numpy", "nn", "image", "core"))


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of Keras 3.

    ``operands`` are the keywords of TensorFlow that become arguments of the call, ``settings``
    those that become the operation's own, by the name that Keras has for them.
    """

    module: str
    class_name: str
    operands: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


def _of(operation: Operation, *functions: str) -> dict[str, Operation]:
    return dict.fromkeys(functions, operation)


_Y = ("y",)
_AXIS = (("axis", "axis"),)
_AXES = (*_AXIS, ("keepdims", "keepdims"))
_SIZE = (("size", "size"), ("method", "interpolation"), ("antialias", "antialias"))
_OPERATIONS = {
    **_of(Operation(_NUMPY, "Add", _Y), "math.add", "__operators__.add"),
    **_of(Operation(_NUMPY, "Subtract", _Y), "math.subtract", "__operators__.subtract"),
    **_of(Operation(_NUMPY, "Multiply", _Y), "math.multiply", "__operators__.multiply"),
    **_of(Operation(_NUMPY, "TrueDivide", _Y), "math.truediv", "math.divide", "realdiv"),
    "nn.bias_add": Operation(_NUMPY, "Add", ("bias",)),
    "math.maximum": Operation(_NUMPY, "Maximum", _Y),
    "math.minimum": Operation(_NUMPY, "Minimum", _Y),
    "math.negative": Operation(_NUMPY, "Negative"),
    "math.square": Operation(_NUMPY, "Square"),
    "math.sqrt": Operation(_NUMPY, "Sqrt"),
    "math.abs": Operation(_NUMPY, "Absolute"),
    "math.tanh": Operation(_NUMPY, "Tanh"),
    "math.reduce_mean": Operation(_NUMPY, "Mean", (), _AXES),
    "math.reduce_max": Operation(_NUMPY, "Max", (), _AXES),
    "math.reduce_sum": Operation(_NUMPY, "Sum", (), _AXES),
    "concat": Operation(_NUMPY, "Concatenate", (), _AXIS),
    "reshape": Operation(_NUMPY, "Reshape", (), (("shape", "newshape"),)),
    "__operators__.getitem": Operation(_NUMPY, "GetItem", ("slice_spec",)),
    **_of(Operation(_NN, "Sigmoid"), "math.sigmoid", "nn.sigmoid"),
    "nn.relu": Operation(_NN, "Relu"),
    "nn.relu6": Operation(_NN, "Relu6"),
    "nn.softmax": Operation(_NN, "Softmax", (), _AXIS),
    "nn.silu": Operation(_NN, "Silu"),
    "image.resize": Operation(_IMAGE, "Resize", (), _SIZE),
    "cast": Operation(_CORE, "Cast", (), (("dtype", "dtype"),)),
}
# Keywords that change nothing at these values.
_NEUTRAL = {"name": None, "data_format": "NHWC", "preserve_aspect_ratio": False}


def operation_of(layer: dict[str, Any], keywords: dict[str, Any]) -> Operation:
    """The operation that a layer stood for.

    Raises :class:`BundleInvalid` for a function or a keyword that is not in the table.
    """
    function = layer["config"].get("function")
    known = _OPERATIONS.get(function)
    if known is None:
        raise BundleInvalid(
            f"The layer {layer['config'].get('name')!r} calls tf.{function}, which cannot be "
            "translated to Keras 3. Rebuild the model with a layer of Keras instead of it."
        )
    taken = {*known.operands, *(name for name, _ in known.settings)}
    for name, value in keywords.items():
        if name not in taken and (name not in _NEUTRAL or value != _NEUTRAL[name]):
            raise BundleInvalid(
                f"The layer {layer['config'].get('name')!r} calls tf.{function} with "
                f"{name}={value!r}, which cannot be translated to Keras 3. Rebuild the model "
                "with a layer of Keras instead of it."
            )
    return known


def as_operation(layer: dict[str, Any], known: Operation, keywords: dict[str, Any]) -> None:
    """Change the layer in place to ``known`` with its settings from ``keywords``."""
    settings = {ours: keywords[theirs] for theirs, ours in known.settings if theirs in keywords}
    layer["module"], layer["class_name"] = known.module, known.class_name
    layer["registered_name"] = known.class_name
    layer["config"] = {"name": layer["name"], **settings}
    layer.pop("build_config", None)


def operand(name: str, value: Any) -> Any:
    """A keyword's value, which is no tensor of the graph, as Keras 3 writes it in a file."""
    if name == "slice_spec":
        return _key_of(value)
    if isinstance(value, list):
        return {"class_name": "__numpy__", "config": {"value": value, "dtype": "float32"}}
    return value


def _key_of(spec: list[Any]) -> list[Any]:
    """What stands between the brackets of ``x[..., ::-1]``."""
    key: list[Any] = []
    for part in spec:
        if isinstance(part, dict) and part.get("class_name") == "__ellipsis__":
            # Keras reads none from .h5. In four dimensions; in fewer it refuses the key.
            key += [_slice({"start": None, "stop": None, "step": None})] * (5 - len(spec))
        else:
            key.append(_slice(part) if isinstance(part, dict) else part)
    return key


def _slice(part: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "__slice__", "config": part}
