"""Small images, as `docker save` writes them, and root file systems."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """What goes into a layer; a path with a slash at its end is a folder."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    owner: int = 0
    group: int = 0
    changed: int = 0
    capabilities: str = ""


def root_file_system(path: Path, parts: Iterable[Part]) -> Path:
    path.write_bytes(_tar(parts))
    return path


def image(path: Path, *layers: Iterable[Part], steps: Iterable[str] = (), **settings: Any) -> Path:
    """An image that runs as 10001 unless ``settings`` say otherwise; a step for each layer."""
    history = [{"created_by": step} for step in steps]
    config = {"config": {"User": "10001:10001", **settings}, "history": history}
    names = [f"{number}.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": None, "Layers": names}]
    parts = [
        Part("manifest.json", json.dumps(manifest).encode()),
        Part("config.json", json.dumps(config).encode()),
        *(Part(name, _tar(layer)) for name, layer in zip(names, layers, strict=True)),
    ]
    return root_file_system(path, parts)


def _tar(parts: Iterable[Part]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for part in parts:
            member = tarfile.TarInfo(part.path.rstrip("/"))
            member.type = tarfile.DIRTYPE if part.path.endswith("/") else tarfile.REGTYPE
            member.size, member.mtime = len(part.content), part.changed
            member.mode, member.uid, member.gid = part.mode, part.owner, part.group
            if part.capabilities:
                member.pax_headers = {"SCHILY.xattr.security.capability": part.capabilities}
            tar.addfile(member, io.BytesIO(part.content))
    return buffer.getvalue()
