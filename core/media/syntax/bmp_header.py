"""The colour profile of a BMP, which Pillow does not read (BITMAPV5HEADER of the Windows API)."""

from __future__ import annotations

import struct

_FILE_HEADER_BYTES, _V5_BYTES = 14, 124
_COLOUR_SPACE, _PROFILE = 14 + 56, 14 + 112  # offsets in the file
_EMBEDDED = b"DEBM"  # PROFILE_EMBEDDED, little-endian


def bmp_profile(data: memoryview) -> bytes | None:
    """The embedded ICC profile; empty when it lies outside of the file, None without one."""
    if int.from_bytes(data[_FILE_HEADER_BYTES:][:4], "little") != _V5_BYTES:
        return None
    if data[_COLOUR_SPACE : _COLOUR_SPACE + 4] != _EMBEDDED:
        return None
    offset, size = struct.unpack_from("<II", data, _PROFILE)
    profile = bytes(data[_FILE_HEADER_BYTES + offset :][:size])
    return profile if len(profile) == size else b""
