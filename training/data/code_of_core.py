"""What tells that something was computed by other code of ``core``, or other packages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import core

_CORE = Path(core.__file__).parent
_KINDS = frozenset((".py", ".onnx"))


def fingerprint(parts: Iterable[str], packages: Iterable[str]) -> str:
    """16 hexadecimal digits that change with these files and folders of ``core`` and packages."""
    digest = hashlib.sha256()
    for name in parts:
        place = _CORE / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.suffix in _KINDS:
                digest.update(file.read_bytes())
    for package in packages:
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()[:16]
