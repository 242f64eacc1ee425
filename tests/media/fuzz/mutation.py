"""Damage to a file, drawn from a number: the same number always draws the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.media.fuzz import flat, nested
from tests.media.fuzz.coded import add_coded
from tests.media.fuzz.layout import Layout, Number, Part

_MOST_BYTES = 4 * 1024**2  # of a damaged file
_DEPTHS = (1, 2, 10, 100, 1000, 5000)
# Kinds of damage that a file gets, and how often: its structure is hurt more often than its bytes.
_MIXES = {("numbers",): 5, ("parts",): 3, ("bytes",): 2, ("numbers", "parts"): 2}

_READERS: dict[bytes, Callable[[bytes], Layout]] = {
    b"\x89PNG\r\n\x1a\n": flat.png,
    b"GIF8": flat.gif,
    b"\xff\xd8": flat.jpeg,
    b"II": flat.tiff,
    b"MM": flat.tiff,
    b"BM": flat.bmp,
    b"RIFF": nested.riff,
    b"\x1a\x45\xdf\xa3": nested.matroska,
}
_PICTURES = (flat.png, flat.gif, flat.jpeg, flat.tiff, flat.bmp)

Damage = Callable[[Random, bytes, Layout], bytes]


def layout_of(data: bytes) -> Layout:
    """What is known of the structure of an undamaged file; by its first bytes."""
    found = next((read for magic, read in _READERS.items() if data.startswith(magic)), None)
    if found is None:
        found = nested.iso if data[4:8] in (b"ftyp", b"moov") else flat.packets
    layout = found(data)
    if found not in _PICTURES:
        add_coded(layout, data)
    return layout


def mutated(whole: bytes, layout: Layout, draw: Random) -> tuple[bytes, str]:
    """A damaged file, and which damage was done to it."""
    (done,) = draw.choices(list(_MIXES), list(_MIXES.values()))
    hurt = whole
    names = []
    for kind in done:
        name, damage = draw.choice(_DAMAGE[kind])
        hurt = damage(draw, hurt, layout)
        names.append(name)
    if draw.random() < 0.1:
        hurt = hurt[: draw.randint(1, max(1, len(hurt)))]
        names.append("cut")
    if hurt[:4] == b"\x89PNG" and draw.random() < 0.8:
        hurt = flat.with_checksums(hurt)
    return hurt[:_MOST_BYTES], "+".join(names)


def _numbers(draw: Random, data: bytes, layout: Layout) -> bytes:
    return _changed(draw, data, layout.numbers)


def _coded(draw: Random, data: bytes, layout: Layout) -> bytes:
    """What the codec reads; where none was found, the numbers of the file."""
    return _changed(draw, data, layout.coded or layout.numbers)


def _changed(draw: Random, data: bytes, numbers: list[Number]) -> bytes:
    """One to four numbers become others that arithmetic stumbles over."""
    hurt = bytearray(data)
    for number in draw.choices(numbers, k=draw.choice((1, 1, 2, 4))):
        span = slice(number.at, number.at + number.width)
        old = int.from_bytes(hurt[span], number.order)
        full = (1 << 8 * number.width) - 1
        mask = full if number.mask < 0 else number.mask
        ends = (mask, mask - 1, mask >> 1, (mask >> 1) + 1)
        near = (old + 1, old - 1, old * 2, old // 2, len(data), len(data) - number.at)
        new = draw.choice((0, 1, 2, 7, 8, 9, 16, *ends, *near, draw.getrandbits(64)))
        hurt[span] = (old & ~mask & full | new & mask).to_bytes(number.width, number.order)
    return bytes(hurt)


def _removed(draw: Random, data: bytes, layout: Layout) -> bytes:
    part = draw.choice(layout.parts)
    return data[: part.start] + data[part.end :]


def _repeated(draw: Random, data: bytes, layout: Layout) -> bytes:
    part = draw.choice(layout.parts)
    times = draw.choice((1, 1, 2, 20, 300, 3000))
    room = max(1, _MOST_BYTES // max(1, part.end - part.start))
    return data[: part.end] + data[part.start : part.end] * min(times, room) + data[part.end :]


def _exchanged(draw: Random, data: bytes, layout: Layout) -> bytes:
    one, other = sorted(draw.choices(layout.parts, k=2), key=lambda part: part.start)
    if other.start < one.end:  # one lies in the other: the inner one takes the outer one's place
        return data[: one.start] + data[other.start : other.end] + data[one.end :]
    between = data[one.end : other.start]
    first, second = data[one.start : one.end], data[other.start : other.end]
    return data[: one.start] + second + between + first + data[other.end :]


def _blanked(draw: Random, data: bytes, layout: Layout) -> bytes:
    part = draw.choice(layout.parts)
    start = _content(part)
    return (
        data[:start] + draw.choice((b"\0", b"\xff", b"A")) * (part.end - start) + data[part.end :]
    )


def _renamed(draw: Random, data: bytes, layout: Layout) -> bytes:
    part, other = draw.choices(layout.parts, k=2)
    name = data[other.named : other.named + other.name]
    return data[: part.named] + name + data[part.named + part.name :]


def _nested(draw: Random, data: bytes, layout: Layout) -> bytes:
    """A part in boxes in boxes; where the format has none, a part within a part."""
    part = draw.choice(layout.parts)
    if layout.wrap is None:
        outer = draw.choice(layout.parts)
        at = _content(outer)
        return data[:at] + data[part.start : part.end] + data[at:]
    inner = data[part.start : part.end]
    for _ in range(draw.choice(_DEPTHS)):
        inner = layout.wrap(inner)
        if len(inner) > _MOST_BYTES // 2:
            break
    return data[: part.start] + inner + data[part.end :]


def _content(part: Part) -> int:
    return min(part.end, max(part.named + part.name, part.start + 8))


def _flipped(draw: Random, data: bytes, _layout: Layout) -> bytes:
    hurt = bytearray(data)
    for _ in range(draw.choice((1, 2, 8, 64))):
        reach = draw.choice((min(512, len(hurt)), len(hurt)))
        hurt[draw.randrange(reach)] = draw.randrange(256)
    return bytes(hurt)


def _inserted(draw: Random, data: bytes, _layout: Layout) -> bytes:
    at, size = draw.randrange(len(data)), draw.choice((1, 2, 8, 255, 4096))
    return data[:at] + draw.randbytes(size) + data[at:]


def _overwritten(draw: Random, data: bytes, _layout: Layout) -> bytes:
    """Bytes of one place in another place, as with a fault of memory."""
    size = draw.choice((4, 16, 256, 4096))
    source, target = draw.randrange(len(data)), draw.randrange(len(data))
    return data[:target] + data[source : source + size] + data[target + size :]


def _deleted(draw: Random, data: bytes, _layout: Layout) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + data[at + draw.choice((1, 2, 8, 255, 4096)) :]


_DAMAGE: dict[str, list[tuple[str, Damage]]] = {
    "numbers": [("numbers", _numbers), ("numbers", _numbers), ("coded", _coded)],
    "parts": [
        ("removed", _removed),
        ("repeated", _repeated),
        ("exchanged", _exchanged),
        ("blanked", _blanked),
        ("renamed", _renamed),
        ("nested", _nested),
    ],
    "bytes": [
        ("flipped", _flipped),
        ("inserted", _inserted),
        ("overwritten", _overwritten),
        ("deleted", _deleted),
    ],
}
