"""An image as `docker save` and `podman save` write it, or a root file system as `podman export`
does: its layers, and what they are together."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

_PRIVATE_KEY = re.compile(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]{64}", re.M)
_SEARCHED_BYTES = 1 << 18  # larger files are no keys
_HEADER_BYTES = 16  # of compiled Python
_GONE, _ALL_GONE = ".wh.", ".wh..wh..opq"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, a folder or a link; ``path`` is absolute and ``size`` that of the content."""

    path: str
    kind: str  # file, folder, link, device
    mode: int
    owner: int
    group: int
    size: int
    changed: int  # seconds since 1970
    capabilities: bool
    private_key: bool
    header: bytes  # of compiled Python; of other files nothing


@dataclass(frozen=True, slots=True)
class Layer:
    """What one step of a build added, and which paths it took away."""

    made_by: str
    entries: dict[str, Entry]
    gone: frozenset[str]
    emptied: frozenset[str]

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.entries.values())


@dataclass(frozen=True, slots=True)
class Image:
    """``config`` is empty for a root file system, which has none."""

    config: dict[str, Any]
    layers: tuple[Layer, ...]

    def tree(self) -> dict[str, Entry]:
        """What a container sees."""
        seen: dict[str, Entry] = {}
        for layer in self.layers:
            if layer.gone or layer.emptied:
                seen = {path: entry for path, entry in seen.items() if not _hidden(path, layer)}
            seen |= layer.entries
        return seen


def read_image(path: Path) -> Image:
    """Raises tarfile.ReadError or KeyError for what is neither an image nor a root file system."""
    with tarfile.open(path) as outer:
        try:
            listed = _json(outer, "manifest.json")
        except KeyError:
            return Image({}, (_layer(outer, "a root file system"),))
        [manifest] = listed
        config = _json(outer, manifest["Config"])
        return Image(config, tuple(_layers(outer, manifest["Layers"], config)))


def _json(outer: tarfile.TarFile, name: str) -> Any:
    stream = outer.extractfile(name)
    assert stream is not None
    return json.load(stream)


def _layers(outer: tarfile.TarFile, names: list[str], config: dict[str, Any]) -> Iterator[Layer]:
    steps = [each for each in config.get("history", []) if not each.get("empty_layer")]
    made_by = [step.get("created_by", "") for step in steps]
    if len(made_by) != len(names):
        made_by = [""] * len(names)
    for name, step in zip(names, made_by, strict=True):
        stream = outer.extractfile(name)
        assert stream is not None
        with tarfile.open(fileobj=stream) as inner:
            yield _layer(inner, step)


def _layer(tar: tarfile.TarFile, made_by: str) -> Layer:
    entries: dict[str, Entry] = {}
    gone, emptied = set(), set()
    for member in tar:
        path = PurePosixPath("/", member.name.removeprefix("./"))
        if path.name == _ALL_GONE:
            emptied.add(str(path.parent))
        elif path.name.startswith(_GONE):
            gone.add(str(path.with_name(path.name.removeprefix(_GONE))))
        else:
            entries[str(path)] = _entry(tar, member, str(path))
    return Layer(made_by, entries, frozenset(gone), frozenset(emptied))


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Entry:
    content = b""
    if member.isfile() and member.size <= _SEARCHED_BYTES:
        stream = tar.extractfile(member)
        assert stream is not None
        content = stream.read()
    return Entry(
        path,
        _kind(member),
        member.mode & 0o7777,
        member.uid,
        member.gid,
        member.size if member.isfile() else 0,
        int(member.mtime),
        "SCHILY.xattr.security.capability" in member.pax_headers,
        _PRIVATE_KEY.search(content) is not None,
        content[:_HEADER_BYTES] if path.endswith(".pyc") else b"",
    )


def _kind(member: tarfile.TarInfo) -> str:
    if member.isdir():
        return "folder"
    if member.issym() or member.islnk():
        return "link"
    return "file" if member.isfile() else "device"


def _hidden(path: str, layer: Layer) -> bool:
    above = [str(parent) for parent in PurePosixPath(path).parents]
    return (
        path in layer.gone
        or not layer.gone.isdisjoint(above)
        or not layer.emptied.isdisjoint(above)
    )
