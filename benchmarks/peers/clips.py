"""The films that are sent: the same picture for everybody, and every file another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.e2e.films import face_video

FPS = 30


def clip(seconds: int, folder: Path) -> bytes:
    """H.264 in 720p, a keyframe every 250 frames and a face in each; encoded once a folder."""
    file = folder / f"{seconds}s.mp4"
    if not file.exists():
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(face_video(seconds=seconds, fps=FPS))
        unfinished.rename(file)
    return file.read_bytes()


def numbered(film: bytes, numbers: Iterator[int]) -> Iterator[bytes]:
    """The film as ever new files: a box that players skip tells its number."""
    for number in numbers:
        text = f"{number:012}".encode()
        yield film + (8 + len(text)).to_bytes(4, "big") + b"free" + text
