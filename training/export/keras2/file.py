"""The configuration of a model in its file: read, translated for Keras 3 and written to a copy."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import h5py

from training.export.keras2.graph import translate

_CONFIG = "config.json"  # in a .keras file
_ATTRIBUTE = "model_config"  # of an .h5 file


def for_keras_3(file: Path, folder: Path) -> Path:
    """The file itself, or for one of Keras 2 a copy in ``folder`` that Keras 3 can read.

    Raises :class:`BundleInvalid` where an argument did something that Keras 3 cannot do. A file
    that is neither HDF5 nor a .keras file is returned as it is, for Keras to refuse.
    """
    saved = _read(file)
    if saved is None or (saved_by(file) or "2") >= "3":
        return file
    config = json.loads(saved)
    translate(config)
    copy = folder / file.name
    _write(file, copy, json.dumps(config))
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
