"""ICC profiles made of three primaries, a white point and a tone curve (ICC.1:2001-04)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# White, red, green, blue as CIE x, y: in the order of PNG's cHRM.
SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_RGB = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
_BT2020 = (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
_DISPLAY_P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
_DCI_P3 = (0.314, 0.351, *_DISPLAY_P3[2:])
# By their code in ITU-T H.273, table 2. BT.601's (5, 6) are so near to sRGB's that browsers, and
# the cameras that write them, mean sRGB.
PRIMARIES = {9: _BT2020, 11: _DCI_P3, 12: _DISPLAY_P3}

_CURVE_POINTS = 4096
_REFERENCE_WHITE_NITS = 203  # ITU-R BT.2408; brighter light is shown as white
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


class Curve(Enum):
    """From a sample in [0, 1] to light in [0, 1]."""

    SRGB = "sRGB"
    GAMMA_22 = 2.2
    GAMMA_28 = 2.8
    LINEAR = 1.0
    PQ = "PQ"
    HLG = "HLG"


@lru_cache(maxsize=16)
def build(space: tuple[float, ...], curve: Curve | float) -> bytes:
    """A profile for eight chromaticities in the order of :data:`SRGB`, and a curve or a gamma.

    Raises ValueError for primaries that span no colours, and for a gamma that no display has.
    """
    white, *primaries = (_xyz(x, y) for x, y in zip(space[::2], space[1::2], strict=True))
    matrix = np.stack(primaries, axis=1)
    if abs(np.linalg.det(matrix)) < 1e-4:
        raise ValueError(f"the primaries {space} span no colours")
    matrix = matrix * np.linalg.solve(matrix, white)
    columns = (_adaptation(white) @ matrix).T
    response = b"curv" + bytes(4) + struct.pack(">I", _CURVE_POINTS) + _table(curve).tobytes()
    tags = [
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", 1) + bytes(80)),
        (b"cprt", b"text" + bytes(8)),
        (b"wtpt", _xyz_tag(_D50)),
        *((name, _xyz_tag(column)) for name, column in zip(_COLORANTS, columns, strict=True)),
        *((name, response) for name in _RESPONSES),
    ]
    return _assemble(tags)


_COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")
_RESPONSES = (b"rTRC", b"gTRC", b"bTRC")


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    """CIE XYZ of a chromaticity at Y = 1."""
    if y <= 0:
        raise ValueError(f"the chromaticity ({x}, {y}) is no colour")
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """From light under ``white`` to light under D50, by Bradford's method."""
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD
    return adapted


def _table(curve: Curve | float) -> NDArray[np.uint16]:
    samples = np.linspace(0, 1, _CURVE_POINTS)
    exponent = curve.value if isinstance(curve, Curve) else curve
    if curve is Curve.SRGB:
        light = np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)
    elif curve is Curve.PQ:
        light = _pq(samples)
    elif curve is Curve.HLG:
        light = _hlg(samples)
    elif 0.1 <= float(exponent) <= 10:
        light = samples ** float(exponent)
    else:
        raise ValueError(f"no display has a gamma of {exponent}")
    return (light.clip(0, 1) * 65_535).round().astype(">u2")


def _pq(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, relative to the reference white."""
    root = samples ** (1 / 78.84375)
    share = (root - 0.8359375).clip(0) / (18.8515625 - 18.6875 * root)
    nits: NDArray[np.float64] = 10_000 * share ** (1 / 0.1593017578125)
    return nits / _REFERENCE_WHITE_NITS


def _hlg(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """ARIB STD-B67 on a display of 1,000 nits (system gamma 1.2), relative to the white.

    The gamma is applied to each channel, not to the luminance, which a curve cannot see.
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(samples <= 0.5, samples**2 / 3, (np.exp((samples - c) / a) + b) / 12)
    nits: NDArray[np.float64] = 1_000 * scene**1.2
    return nits / _REFERENCE_WHITE_NITS


def _xyz_tag(xyz: NDArray[np.float64]) -> bytes:
    fixed = (xyz * 65_536).round().astype(">i4")
    return b"XYZ " + bytes(4) + fixed.tobytes()


def _assemble(tags: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Header, table of tags, then the tags; equal ones are stored once."""
    at = 128 + 4 + 12 * len(tags)
    table, body, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for name, content in tags:
        padded = content + bytes(-len(content) % 4)
        if content not in places:
            places[content] = at + len(body)
            body += padded
        table += name + struct.pack(">II", places[content], len(content))
    header = struct.pack(
        ">I4sI4s4s4s12s4s4s4s4s4s8sI12s48s",
        at + len(body),
        bytes(4),
        0x02400000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        bytes(12),
        b"acsp",
        *(bytes(4) for _ in range(4)),
        bytes(8),
        1,  # relative colorimetric
        (_D50 * 65_536).round().astype(">i4").tobytes(),
        bytes(48),
    )
    return header + table + body
