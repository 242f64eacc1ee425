"""Which files a scan looks at: those that were named, and the media inside folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import MediaError
from core.media.sniff import HEAD_BYTES, sniff


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """Files in the order given; ``skipped`` lie in folders and are no media."""

    files: tuple[Path, ...]
    skipped: tuple[Path, ...]


def find_media(paths: Sequence[Path]) -> FoundFiles:
    """Expand folders, recursively and sorted, by content and not by name.

    A file that was named itself is always taken: that it is no media is its outcome.
    """
    files: list[Path] = []
    skipped: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for file in _walk(path):
            (files if _is_media(file) else skipped).append(file)
    return FoundFiles(tuple(files), tuple(skipped))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))


def _is_media(file: Path) -> bool:
    if not file.is_file():  # sockets and pipes would block
        return False
    try:
        with file.open("rb") as stream:
            sniff(stream.read(HEAD_BYTES))
    except MediaError:
        return False
    except OSError:
        return True  # unreadable: its outcome says why, it is not passed over
    return True
