"""The files beside an ONNX file that hold its weights."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import BundleInvalid

# A tensor whose weights lie elsewhere has, in field 13 (external_data) of onnx.proto's
# TensorProto, an entry with the key "location"; 0x0a and 0x12 are the key's and the value's tag.
_LOCATION = re.compile(rb"\x6a[\x00-\xff]{1,2}\x0a\x08location\x12")


def external_files(file: Path) -> list[Path]:
    """The files that hold the weights of ``file`` outside of it, sorted; often none.

    Raises :class:`BundleInvalid` where one is missing or lies outside the folder of ``file``.
    """
    folder = file.parent
    found = sorted(set(_locations(file)))
    for name in found:
        if not _lies_below(folder, name):
            raise BundleInvalid(
                f"{file} keeps weights in {name!r}, which is outside its folder; only files "
                "below the folder are read. Save the model anew with its weights beside it."
            )
        if not (folder / name).is_file():
            raise BundleInvalid(
                f"{file} keeps weights in {name!r}, which is not in {folder}. Copy that file "
                "there, under this name."
            )
    return [folder / name for name in found]


def _lies_below(folder: Path, name: str) -> bool:
    """Whether a name leads to a place below the folder, also where links lead elsewhere."""
    plain = not Path(name).is_absolute() and ".." not in Path(name).parts
    return plain and (folder / name).resolve().is_relative_to(folder.resolve())


def _locations(file: Path) -> Iterator[str]:
    if file.stat().st_size == 0:  # which cannot be mapped
        return
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for match in _LOCATION.finditer(data):
            length, start = _varint(data, match.end())
            yield data[start : start + length].decode(errors="replace")


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    """A number of protobuf, and the place behind it: seven bits a byte, the lowest first."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return value, at
