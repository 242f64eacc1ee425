"""What Keras 2 saved with its layers and Keras 3 refuses: dropped where it changes nothing.

The table was made by asking the layers of tf_keras 2.21 for their configurations and giving each to
the layer of the same name in Keras 3.15.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

from core.errors import BundleInvalid

_CONFIG = "config.json"  # in a .keras file
_ATTRIBUTE = "model_config"  # of an .h5 file
# Argument → the value at which it changes nothing; ... stands for any value.
_GROUPS = {"groups": 1}
_UNUSED_KERNEL = {"kernel_initializer": ..., "kernel_regularizer": ..., "kernel_constraint": ...}
_RANDOM = {"rng_type": ...}  # how the seed was kept; an augmentation does nothing when serving
_SHAPES = {"query_shape": ..., "key_shape": ..., "value_shape": ...}  # known from the inputs
_RANDOM_LAYERS = ("Brightness", "Contrast", "Crop", "Flip", "Rotation", "Translation", "Zoom")
_REMOVED: dict[str, Mapping[str, Any]] = {
    **{f"DepthwiseConv{n}D": _GROUPS for n in (1, 2)},
    **{f"SeparableConv{n}D": {**_GROUPS, **_UNUSED_KERNEL} for n in (1, 2)},
    **{f"Conv{n}DTranspose": _GROUPS for n in (1, 2, 3)},
    **{f"SpatialDropout{n}D": {"noise_shape": None, "trainable": ...} for n in (1, 2, 3)},
    **{f"Random{name}": _RANDOM for name in _RANDOM_LAYERS},
    "MultiHeadAttention": {**_SHAPES, "softmax_robust_masking": False},
}
# Where Keras 3 looks for what Keras 2 and tf_keras kept in a module called engine.
_MODULES = {"Functional": "keras.src.models.functional"}


def for_keras_3(file: Path, folder: Path) -> Path:
    """The file itself, or a copy in ``folder`` whose layers Keras 3 can make.

    Raises :class:`BundleInvalid` where an argument did something that Keras 3 cannot do. A file
    that is neither HDF5 nor a .keras file is returned as it is, for Keras to refuse.
    """
    saved = _read(file)
    if saved is None:
        return file
    config = json.loads(saved)
    _translate(config)
    text = json.dumps(config)
    if config == json.loads(saved):
        return file
    copy = folder / file.name
    _write(file, copy, text)
    return copy


def saved_by(file: Path) -> str | None:
    """The version of Keras that wrote the file; None where the file does not say it."""
    try:
        if h5py.is_hdf5(file):
            with h5py.File(file) as stored:
                version = stored.attrs.get("keras_version")
        else:
            with zipfile.ZipFile(file) as archive:
                version = json.loads(archive.read("metadata.json")).get("keras_version")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None  # not a file of Keras at all
    return None if version is None else str(version)


def _translate(node: Any) -> None:
    """Change a configuration in place, with all that is nested in it."""
    if isinstance(node, list):
        for each in node:
            _translate(each)
    if not isinstance(node, dict):
        return
    config, name = node.get("config"), node.get("class_name")
    if isinstance(config, dict) and isinstance(name, str):
        _drop(config, name)
        if ".engine." in str(node.get("module")):
            node["module"], node["registered_name"] = _MODULES.get(name, "keras"), name
    for each in node.values():
        _translate(each)


def _drop(config: dict[str, Any], name: str) -> None:
    for argument, neutral in _REMOVED.get(name, {}).items():
        value = config.pop(argument, neutral)
        if neutral is not ... and value != neutral:
            raise BundleInvalid(
                f"The layer {config.get('name')!r} is a {name} with {argument}={value!r}, which "
                "Keras 3 does not offer. Rebuild the model without it."
            )
    for ends in ("input_layers", "output_layers"):
        # One tensor in a list: Keras 3 would hand a list to the layer behind a model.
        if len(config.get(ends) or ()) == 1:
            (config[ends],) = config[ends]
    axis = config.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]


def _read(file: Path) -> str | None:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            return archive.read(_CONFIG).decode() if _CONFIG in archive.namelist() else None
    if h5py.is_hdf5(file):
        with h5py.File(file) as stored:
            text = stored.attrs.get(_ATTRIBUTE)
            return text.decode() if isinstance(text, bytes) else text
    return None


def _write(file: Path, copy: Path, config: str) -> None:
    if h5py.is_hdf5(file):
        shutil.copyfile(file, copy)
        with h5py.File(copy, "r+") as stored:
            stored.attrs[_ATTRIBUTE] = config.encode()
        return
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(copy, "w") as after:
        for entry in before.infolist():
            with before.open(entry) as source, after.open(entry.filename, "w") as target:
                if entry.filename == _CONFIG:
                    target.write(config.encode())
                else:
                    shutil.copyfileobj(source, target)
