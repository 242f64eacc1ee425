"""H.264 whose pictures are two fields each, as camcorders (AVCHD) and broadcasters write it.

FFmpeg has no encoder for that, so samples are written as they are (I_PCM).
"""

from __future__ import annotations

import io
import re
from fractions import Fraction

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame

from tests.media.scene import Pixels, Size, scene

SIZE: Size = (160, 128)
RATE = 25
_GROUP = 10  # pictures
_TICKS = 90_000
_I_SLICES, _I_PCM = 7, 25
_DELIMITER = b"\0\0\0\1\x09\xf0"


def film(container: str, pictures: int = 40) -> bytes:
    """The film, muxed as one packet a picture, with one time for both of its fields."""
    coded = [_picture(number) for number in range(pictures)]
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(coded[0]), "r", format="h264") as source,
        av.open(out, "w", format=container) as file,
    ):
        stream = file.add_stream_from_template(source.streams.video[0])
        for number, data in enumerate(coded):
            packet: Packet[av.VideoStream] = Packet(data)  # type: ignore[assignment]
            packet.stream, packet.time_base = stream, Fraction(1, _TICKS)
            packet.duration = _TICKS // RATE
            packet.pts = packet.dts = number * packet.duration
            packet.is_keyframe = number % _GROUP == 0
            file.mux(packet)
    return out.getvalue()


def _picture(number: int) -> bytes:
    frame = VideoFrame.from_ndarray(scene(number, SIZE), format="rgb24")
    flat = np.asarray(frame.reformat(format="yuv420p").to_ndarray(), np.uint8)
    height, half = SIZE[1], (SIZE[1] // 2, SIZE[0] // 2)
    planes = [flat[:height], *(each.reshape(half) for each in np.split(flat[height:], 2))]
    fields = [_field([plane[odd::2] for plane in planes], number, odd) for odd in (0, 1)]
    return b"".join((_DELIMITER, _parameters() if number % _GROUP == 0 else b"", *fields))


def _parameters() -> bytes:
    """Main profile, CAVLC, without frame_mbs_only (ITU-T H.264, section 7.3.2)."""
    width, height = SIZE[0] // 16, SIZE[1] // 32
    sizes = _exp(0), _exp(0), _exp(0), _exp(4), _exp(1), "0", _exp(width - 1), _exp(height - 1)
    sequence = f"{77:08b}{0:08b}{30:08b}" + "".join(sizes) + "0" + "0" + "1" + "0" + "0"
    picture = _exp(0) * 2 + "00" + _exp(0) * 3 + "000" + _exp(0) * 3 + "100"
    return _unit(7, _bytes(sequence + "1")) + _unit(8, _bytes(picture + "1"))


def _field(planes: list[Pixels], number: int, odd: int) -> bytes:
    """One slice of raw samples; the first field of a group is an IDR picture."""
    place, first = number % _GROUP, number % _GROUP == 0 and not odd
    bits = _exp(0) + _exp(_I_SLICES) + _exp(0) + f"{place:04b}" + f"1{odd}"
    bits += _exp(number // _GROUP % 2) if first else ""
    bits += f"{2 * place + odd:08b}" + ("00" if first else "0") + _exp(0) + _exp(1)
    blocks = [
        b"".join(
            plane[row * side :, column * side :][:side, :side].clip(1, 254).tobytes()
            for plane, side in zip(planes, (16, 8, 8), strict=True)
        )
        for row in range(SIZE[1] // 32)
        for column in range(SIZE[0] // 16)
    ]
    samples = _bytes(_exp(_I_PCM)).join(blocks)
    return _unit(5 if first else 1, _bytes(bits + _exp(_I_PCM)) + samples + b"\x80")


def _exp(value: int) -> str:
    """The Exp-Golomb code of a whole number (section 9.1)."""
    return f"{value + 1:0{2 * (value + 1).bit_length() - 1}b}"


def _bytes(bits: str) -> bytes:
    """Filled up with zeros."""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _unit(kind: int, payload: bytes) -> bytes:
    """A byte of 3 keeps what looks like a start code apart (section 7.4.1)."""
    safe = re.sub(b"\0\0(?=[\0-\3])", b"\0\0\3", payload)
    return b"\0\0\0\1" + bytes((0x60 | kind,)) + safe
