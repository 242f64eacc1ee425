"""What lies in a file beside its pictures and its sound, taken out but not understood yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_TEXTS: Final = 100
MAX_TEXT_BYTES: Final = 64 * 1024  # of one text; its beginning tells what it is
MAX_PACKET_BYTES: Final = 1024**2  # of XMP or EXIF


@dataclass(frozen=True, slots=True)
class Tag:
    """A text of a file and its name there; ``place`` says which kind of metadata it is from."""

    place: str
    name: str
    text: str


@dataclass(slots=True)
class Metadata:
    """The parts that were found; ``manifest_bytes`` is the size of a C2PA manifest, 0 for none."""

    manifest_bytes: int = 0
    xmp: bytes = b""
    exif: bytes = b""
    tags: list[Tag] = field(default_factory=list)

    def add(self, place: str, name: str, text: bytes | memoryview) -> None:
        """Keep a text, unless there are too many of them already."""
        if len(self.tags) < MAX_TEXTS:
            decoded = bytes(text[:MAX_TEXT_BYTES]).decode("utf-8", "replace").strip("\0 ")
            self.tags.append(Tag(place, name, decoded))

    def add_xmp(self, packet: bytes | memoryview) -> None:
        """Keep a packet of XMP; the first one counts."""
        self.xmp = self.xmp or bytes(packet[:MAX_PACKET_BYTES])

    def add_exif(self, block: bytes | memoryview) -> None:
        """Keep a block of EXIF; the first one counts."""
        self.exif = self.exif or bytes(block[:MAX_PACKET_BYTES])
