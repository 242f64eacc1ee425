"""JPEG files that end too early, or hold more pixels than are looked at.

libjpeg fills what is missing with grey and says nothing about how much that was, so it is
measured here: a photo without its last byte is as good as whole, half a photo is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from core.errors import UnreadableMedia
from core.media.syntax.byte_reader import ByteReader

MAX_MISSING = 0.05  # share of the picture; see docs/decisions/0022-stills.md
REDUCTIONS = (1, 2, 4, 8)  # what libjpeg can divide both sides by while it decodes

_END = b"\xff\xd9"
_MORE = b"\x55" * 64  # decodes to anything but nothing
_GREY = 128
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # neither stuffing, nor restart, nor fill
_SCAN, _PROGRESSIVE = 0xDA, (0xC2, 0xC6, 0xCA, 0xCE)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
LEAST_PADDING = 16  # bytes
_COEFFICIENTS = 64
_LEAST_DETAIL = 0.05  # nothing can be told from less


class JpegFile(JpegImagePlugin.JpegImageFile):
    """Decodes as far as the bytes go; ``ran_out`` tells that they ended before the picture."""

    ran_out = False

    def load_read(self, read_bytes: int) -> bytes:  # noqa: ARG002 - Pillow's signature
        data = super().load_read(-1)  # at once: libjpeg cannot pause in arithmetic coding
        if data or self.ran_out:
            return data
        self.ran_out = True
        return _END


def reduce_early(image: JpegFile, divisor: int) -> None:
    """Have libjpeg make each side that many times shorter while it decodes."""
    if divisor > 1:
        image.draft(None, (image.width // divisor, image.height // divisor))


def ends_early(image: JpegFile, data: memoryview, divisor: int = 1) -> bool:
    """Whether the end marker comes before the end of the loaded picture.

    Repair tools and downloaders append one to what they got. Then the last pixels have the grey
    that libjpeg fills in, or scans are missing. Some whole pictures are like that too, so more
    data are put before the marker: in a whole one they change nothing.
    """
    layout = _layout(data) if image.info.get("progressive") or _ends_grey(image) else None
    if layout is None or (layout.complete and not _ends_grey(image)):
        return False
    marker = _MARKER.search(data, layout.last_begins)
    at = len(data) if marker is None else marker.start()
    longer = memoryview(b"".join((data[:at], _MORE, data[at:])))
    return bool((_decode(longer, divisor) != _decode(data, divisor)).any())


def _ends_grey(image: JpegFile) -> bool:
    corner = image.crop((max(0, image.width - 8), image.height - 1, *image.size))
    return bool((np.abs(np.asarray(corner, np.int16) - _GREY) <= 1).all())


def check_nearly_whole(data: memoryview, divisor: int = 1) -> None:
    """Raises :class:`UnreadableMedia` when more than ``MAX_MISSING`` of a cut JPEG is missing."""
    missing = missing_share(data, divisor)
    if missing > MAX_MISSING:
        raise UnreadableMedia(
            f"The JPEG file ends too early: about {missing:.0%} of the picture is missing; the "
            f"limit is {MAX_MISSING:.0%}. Download or copy it again."
        )


def missing_share(data: memoryview, divisor: int = 1) -> float:
    """Which share of a cut JPEG is missing, in [0, 1], seen with sides divided by ``divisor``.

    The last scan of the file is the cut one; how far it came is seen by decoding the picture
    with and without its data. Of a sequential JPEG the share is that of the rows that were not
    reached; of a progressive one, whose every row is there early on, that of the bytes.
    """
    layout = _layout(data)
    if not layout.complete:
        return 1.0
    shown, before = _decode(data, divisor), _decode(data[: layout.last_begins], divisor)
    reached = np.flatnonzero((shown != before).any(axis=(1, 2)))
    rows = int(reached[-1]) + 1 if reached.size else 0
    if not layout.progressive:
        return 1 - rows / len(shown)
    seen = len(data) - layout.last_begins
    expected = seen / max(_detail(shown, rows), _LEAST_DETAIL)
    return (expected - seen) / (layout.last_begins + expected)


class _Layout(NamedTuple):
    last_begins: int  # where the data of the last scan begin
    progressive: bool
    complete: bool  # no further scan is needed


def _layout(data: memoryview) -> _Layout:
    """Walk the markers of a JPEG (ITU-T T.81, annex B)."""
    last_begins, progressive, components = 0, False, 0
    missing_bits: dict[int, list[int]] = defaultdict(lambda: [99] * _COEFFICIENTS)
    for segment in _segments(data):
        if segment.marker in _FRAMES and len(segment.content) > 5:
            progressive = segment.marker in _PROGRESSIVE
            components = segment.content[5]
        elif segment.marker == _SCAN:
            last_begins = segment.end
            for component, first, last, bits in _sent(segment.content, progressive):
                missing_bits[component][first : last + 1] = [bits] * (last + 1 - first)
    sent = [component for component in missing_bits.values() if not any(component)]
    return _Layout(last_begins, progressive, 0 < components == len(sent))


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    end: int
    content: bytes


def _segments(data: memoryview) -> Iterator[_Segment]:
    at = 2
    while (found := _MARKER.search(data, at)) is not None:
        at, marker = found.start(), data[found.start() + 1]
        if marker == _END[1]:
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + max(2, size)
        yield _Segment(marker, end, bytes(data[at + 4 : end]))
        at = end


def _sent(scan: bytes, progressive: bool) -> Iterator[tuple[int, int, int, int]]:
    """(component, first coefficient, last one, how many low bits are still missing)."""
    count = scan[0] if scan else 0
    if len(scan) < 4 + 2 * count:
        return
    first, last, bits = scan[1 + 2 * count : 4 + 2 * count]
    if not progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for number in range(count):
        yield scan[1 + 2 * number], first, min(last, _COEFFICIENTS - 1), bits & 15


def _decode(data: memoryview, divisor: int) -> NDArray[np.uint8]:
    with JpegFile(ByteReader(data)) as image:  # type: ignore[arg-type]
        reduce_early(image, divisor)
        pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _detail(pixels: NDArray[np.uint8], rows: int) -> float:
    """The share of a picture's detail that lies in its first rows: bits go where detail is."""
    grey = pixels.mean(axis=2, dtype=np.float32)
    detail = np.abs(np.diff(grey, axis=1)).sum(axis=1)
    total = float(detail.sum())
    return float(detail[:rows].sum()) / total if total else rows / len(pixels)
