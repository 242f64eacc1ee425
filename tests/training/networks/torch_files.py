"""Writes legacy PyTorch checkpoints without PyTorch."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.networks.torch_checkpoint import MAGIC, PROTOCOL


class Named:
    """Pickles as a reference to ``module.name``, which need not exist."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Storage:
    def __init__(self, kind: str, key: str, values: NDArray[Any]) -> None:
        self.kind, self.key, self.values = kind, key, values


class Call:
    """Pickles as a call of ``module.name`` with arguments."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.module, self.name, self.arguments = module, name, arguments


_PurePython: Any = pickle._Pickler


class _Writer(_PurePython):  # type: ignore[misc]
    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, Storage):
            kind = Named("torch", value.kind)
            return ("storage", kind, value.key, "cpu", value.values.size, None)
        return None

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if isinstance(value, Named):
            self.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, Call):
            self.save(Named(value.module, value.name))
            self.save(value.arguments)
            self.write(b"R")
        else:
            super().save(value, save_persistent_id)


def tensor(key: str, values: NDArray[Any]) -> Call:
    kind = "FloatStorage" if values.dtype == np.float32 else "LongStorage"
    strides = tuple(stride // values.itemsize for stride in values.strides)
    storage = Storage(kind, key, values.reshape(-1))
    arguments: tuple[Any, ...] = (storage, 0, values.shape, strides, False, OrderedDict())
    return Call("torch._utils", "_rebuild_tensor_v2", *arguments)


def write_checkpoint(path: Path, state: Any, storages: dict[str, NDArray[Any]]) -> None:
    stream = io.BytesIO()
    for part in (MAGIC, PROTOCOL, {"little_endian": True}, state, sorted(storages)):
        _Writer(stream, 2).dump(part)
    for key in sorted(storages):
        stream.write(struct.pack("<q", storages[key].size) + storages[key].tobytes())
    path.write_bytes(stream.getvalue())
