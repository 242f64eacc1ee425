"""Errors that crossed a process boundary."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors.base import DeepfakeError


def revive(code: str, message: str) -> DeepfakeError:
    """Rebuild an error that crossed a process boundary as (code, message).

    An unknown code gives a plain :class:`DeepfakeError`, never a silent success.
    """
    for cls in _tree(DeepfakeError):
        if cls.code == code:
            error = cls.__new__(cls)
            Exception.__init__(error, message)
            return error
    return DeepfakeError(f"{code}: {message}")


def _tree(root: type[DeepfakeError]) -> Iterator[type[DeepfakeError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)
