"""The configuration of a model in its file: read, translated for Keras 3 and written to a copy."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import h5py

from core.errors import BundleInvalid
from training.export.keras2.graph import translate

_ZIP, _HDF5 = b"PK", b"\x89HDF\r\n\x1a\n"
_CONFIG = "config.json"  # in a .keras file
_LARGEST_CONFIG = 64 * 1024**2  # that of a network of a thousand layers has 1 MB
_FREE_BYTES, _MOST_UNPACKED = 256 * 1024**2, 20  # weights are noise: hardly any zip makes smaller
_ATTRIBUTE = "model_config"  # of an .h5 file


def for_keras_3(file: Path, folder: Path) -> Path:
    """The file itself, or a copy in ``folder`` that Keras 3 can read.

    A file of Keras 2 is translated, and one whose name does not end as its content asks gets
    another name: Keras goes by the name. Raises :class:`BundleInvalid` where the file is no model
    of Keras, or where a layer did something that Keras 3 cannot do.
    """
    suffix, saved = _read(file)
    of_keras_2 = (saved_by(file) or "2") < "3"
    if not of_keras_2 and file.suffix == suffix:
        return file
    config = json.loads(saved)
    if of_keras_2:
        translate(config)
    copy = (folder / file.name).with_suffix(suffix)
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


def _read(file: Path) -> tuple[str, str]:
    """What the name of the file should end in, and the configuration of its model."""
    if file.is_dir():
        raise BundleInvalid(
            "this is a folder. Keras 3 reads no SavedModel: load it with the Keras that wrote it, "
            "and save it with model.save('model.keras')."
        )
    text: bytes | str
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                _check_sizes(file, archive)
                suffix, text = ".keras", archive.read(_CONFIG)
        else:
            with h5py.File(file) as stored:
                suffix, text = ".h5", stored.attrs[_ATTRIBUTE]
        json.loads(text)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BundleInvalid(_what_is_wrong(file)) from error
    return suffix, text if isinstance(text, str) else text.decode()


def _check_sizes(file: Path, archive: zipfile.ZipFile) -> None:
    """Raise :class:`BundleInvalid` for a file that would unpack to far more than it has."""
    unpacked, packed = sum(entry.file_size for entry in archive.infolist()), file.stat().st_size
    if unpacked > max(_FREE_BYTES, _MOST_UNPACKED * packed):
        raise BundleInvalid(
            f"its {packed:,} bytes would unpack to {unpacked:,}, and a model of Keras hardly "
            f"shrinks; the limit is {_MOST_UNPACKED} times its size. Save the model anew."
        )
    config = archive.getinfo(_CONFIG).file_size
    if config > _LARGEST_CONFIG:
        raise BundleInvalid(
            f"its {_CONFIG} has {config:,} bytes; the limit is {_LARGEST_CONFIG:,}."
        )


def _what_is_wrong(file: Path) -> str:
    with file.open("rb") as stream:
        beginning = stream.read(len(_HDF5))
    if not beginning.startswith((_HDF5, _ZIP)):
        return "this is neither a .keras file nor HDF5 (.h5), the two forms of a model of Keras."
    if zipfile.is_zipfile(file) or (h5py.is_hdf5(file) and _opens(file)):
        return (
            "it holds no configuration of a model. If these are weights alone, save the whole "
            "model with model.save('model.keras')."
        )
    return "it is damaged or was cut off. Copy it again."


def _opens(file: Path) -> bool:
    try:
        h5py.File(file).close()
    except OSError:
        return False
    return True


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
