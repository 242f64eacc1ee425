"""What Keras 2 saved with its layers and Keras 3 refuses: dropped where it changes nothing.

The table was made by giving the configurations of the layers of tf_keras 2.21 to the layers of the
same name in Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import BundleInvalid

Config = dict[str, Any]
# Argument → the value at which it changes nothing; ... stands for any value.
_GROUPS = {"groups": 1}
_UNUSED_KERNEL = {"kernel_initializer": ..., "kernel_regularizer": ..., "kernel_constraint": ...}
_RANDOM = {"rng_type": ...}  # how the seed was kept; an augmentation does nothing when serving
_SHAPES = {"query_shape": ..., "key_shape": ..., "value_shape": ...}  # known from the inputs
_TIME = {"time_major": False, "implementation": ...}
_FROM_A_MODULE = {"function_type": ..., "module": ...}
_OF_A_MODULE = {"output_shape_type": ..., "output_shape_module": ...}
_RANDOM_LAYERS = (
    "Brightness", "Contrast", "Crop", "Flip", "Height", "Rotation", "Translation", "Width", "Zoom",
)  # fmt: skip
_REMOVED: dict[str, Mapping[str, Any]] = {
    **{f"DepthwiseConv{n}D": _GROUPS for n in (1, 2)},
    **{f"SeparableConv{n}D": {**_GROUPS, **_UNUSED_KERNEL} for n in (1, 2)},
    **{f"Conv{n}DTranspose": _GROUPS for n in (1, 2, 3)},
    **{f"SpatialDropout{n}D": {"noise_shape": None, "trainable": ...} for n in (1, 2, 3)},
    **{f"Random{name}": _RANDOM for name in _RANDOM_LAYERS},
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN"), _TIME),
    "MultiHeadAttention": {**_SHAPES, "softmax_robust_masking": False},
    "Lambda": {**_FROM_A_MODULE, **_OF_A_MODULE},  # for Keras 3 to refuse in its own words
}
_RENAMED = {
    "Model": "Functional",  # before TensorFlow 2.3
    "BatchNormalizationV1": "BatchNormalization",  # of TensorFlow 1
    "BatchNormalizationV2": "BatchNormalization",
}
# Where Keras 3 looks for what Keras 2 and tf_keras kept in modules of their own.
_MODULES = {"Functional": "keras.src.models.functional"}
_CONVNEXT = "keras.src.applications.convnext"
_OTHERWISE = "hard_sigmoid"  # clip(x / 5 + 1/2) in Keras 2 and clip(x / 6 + 1/2) in Keras 3


def translate_layer(layer: Config) -> None:
    """Change a layer, or a model, in place, apart from the nodes of a graph.

    Raises :class:`BundleInvalid` where an argument did something that Keras 3 cannot do.
    """
    config = layer["config"]
    name = str(_RENAMED.get(layer["class_name"], layer["class_name"]))
    layer["class_name"] = name
    module = str(layer.get("module"))
    if ".engine." in module:
        layer["module"], layer["registered_name"] = _MODULES.get(name, "keras"), name
    elif module.endswith(".applications.convnext"):
        layer["module"], layer["registered_name"] = _CONVNEXT, name
    for each in (layer, config):
        if "name" in each:
            each["name"] = valid_name(each["name"])
    if name != "InputLayer":
        config.pop("batch_input_shape", None)
    if name == "MultiHeadAttention":
        layer.pop("build_config", None)  # Keras 3 wants all shapes there, and knows them anyway
    if isinstance(config.get("dtype"), dict):
        config["dtype"] = config["dtype"]["config"]["name"]  # a policy, as mixed_float16
    _drop(config, name)
    _check_activations(config, name)


def valid_name(name: str) -> str:
    """The name of a layer without the slashes that Keras 3 does not allow."""
    return name.replace("/", "_")


def _drop(config: Config, name: str) -> None:
    for argument, neutral in _REMOVED.get(name, {}).items():
        value = config.pop(argument, neutral)
        if neutral is not ... and value != neutral:
            raise BundleInvalid(
                f"The layer {config.get('name')!r} is a {name} with {argument}={value!r}, which "
                "Keras 3 does not offer. Rebuild the model without it."
            )
    axis = config.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    if name == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")


def _check_activations(config: Config, name: str) -> None:
    for argument in ("activation", "recurrent_activation"):
        if config.get(argument) == _OTHERWISE:
            raise BundleInvalid(
                f"The layer {config.get('name')!r} is a {name} with {argument}={_OTHERWISE!r}, "
                "which Keras 3 computes otherwise: the scores would not be those of the file. "
                "Rebuild the model with another activation and train it again."
            )
