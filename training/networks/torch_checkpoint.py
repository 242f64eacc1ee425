"""Reads the tensors of a legacy PyTorch checkpoint without PyTorch and without trust.

A ``.pth`` written before PyTorch 1.6 is five pickles (magic number, protocol, system
information, the state dict, the storage keys) and then raw storages. Unpickling runs
whatever the file names, so only the four names that a state dict needs are resolved, and
each is mapped to a function of this file.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


@dataclass(frozen=True, slots=True)
class _Storage:
    """Bytes that come later in the file: ``count`` numbers of ``dtype`` under ``key``."""

    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view into a storage, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


# What unpickling damaged bytes may raise, beside the errors of the checks below.
_DAMAGED = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a legacy state dict by name.

    Raises :class:`BundleInvalid` when the file is no legacy checkpoint, names any class
    beyond tensors and dicts, or is shorter than it says.
    """
    with path.open("rb") as stream:
        try:
            return _read(stream)
        except _DAMAGED as error:
            raise BundleInvalid(
                f"{path.name} is no readable PyTorch state dict: {error}"
            ) from error


def _read(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    if _Restricted(stream).load() != MAGIC or _Restricted(stream).load() != PROTOCOL:
        raise ValueError("the magic number or the protocol of the legacy format is missing")
    _Restricted(stream).load()  # system information: nothing in it is needed
    state = _Restricted(stream).load()
    if not isinstance(state, Mapping):
        raise ValueError(f"it holds a {type(state).__name__} instead of a dict of tensors")
    tensors = {str(name): value for name, value in state.items() if isinstance(value, _Tensor)}
    wanted = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    storages = {}
    for key in _Restricted(stream).load():
        storages[key] = _read_storage(stream, wanted[key])
    return {name: _view(tensor, storages[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_storage(stream: BinaryIO, storage: _Storage) -> NDArray[Any]:
    count = int.from_bytes(stream.read(8), "little")
    if count != storage.count:
        raise ValueError(f"storage {storage.key} has {count} elements instead of {storage.count}")
    data = stream.read(count * storage.dtype.itemsize)
    return np.frombuffer(data, storage.dtype, count)  # ValueError when the file is too short


def _view(tensor: _Tensor, storage: NDArray[Any]) -> NDArray[Any]:
    last = tensor.offset + sum(
        (size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    if tensor.offset < 0 or min((*tensor.strides, *tensor.shape, 1)) < 0 or last >= storage.size:
        raise ValueError(f"a tensor of shape {tensor.shape} reaches beyond its storage")
    strides = tuple(stride * storage.itemsize for stride in tensor.strides)
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides)
    return view.copy()


def _rebuild(storage: _Storage, offset: int, shape: Any, strides: Any, *_rest: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


_FLOAT = np.dtype("<f4")
_LONG = np.dtype("<i8")
_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch", "FloatStorage"): _FLOAT,
    ("torch", "LongStorage"): _LONG,
}


class _Restricted(pickle.Unpickler):
    """An unpickler that resolves the names of ``_ALLOWED`` and nothing else."""

    def __init__(self, stream: BinaryIO | io.BytesIO) -> None:
        super().__init__(stream, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"the file names {module}.{name}, which is not allowed in weights"
            ) from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _device, count, view = pid
        if kind != "storage" or view is not None or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"the file holds an unknown kind of storage: {kind!r}")
        return _Storage(str(key), dtype, int(count))
