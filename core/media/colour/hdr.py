"""From HDR and wide gamut to the BT.709 picture that an SDR display would show.

Faces were learnt from SDR pictures. The light of a PQ or HLG film is measured in units of the
reference white of 203 cd/m2 (ITU-R BT.2408), which becomes white; what is brighter is bent down
to it, as far as the frame has such light. docs/decisions/0021-colour-and-hdr.md says why.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.media.colour.matrix_profile import PRIMARIES

# Code points of ITU-T H.273, table 3.
_PQ, _HLG = 16, 18
_REFERENCE_WHITE = 203.0  # cd/m2
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2  # of the display that BT.2100 grades HLG for
_DISPLAY_GAMMA = 2.4  # ITU-R BT.1886
_KNEE = 0.8  # of the reference white; darker light is shown as it is
_CODES = 4096  # of a 12-bit signal
_STEPS = 65_536
_SPARSE = 4  # of so many rows and columns one is searched for the brightest light
_ROWS = 128  # that are converted at a time

_BT709 = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)

Floats = NDArray[np.float32]


def is_hdr(frame: VideoFrame) -> bool:
    """Whether a frame has the transfer characteristic of PQ or HLG (ITU-R BT.2100)."""
    return frame.color_trc in (_PQ, _HLG)


def needs_conversion(frame: VideoFrame) -> bool:
    """Whether the colours of a frame are wider or brighter than those of BT.709."""
    return is_hdr(frame) or frame.color_primaries in PRIMARIES


def to_bt709(signal: NDArray[np.uint16], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """(h, w, 3) 8-bit BT.709 of a 16-bit RGB signal, by its H.273 code points."""
    peak = 1.0
    if transfer in (_PQ, _HLG):
        peak = max(1.0, float(_displayed_light(signal[::_SPARSE, ::_SPARSE], transfer).max()))
    # HDR without named primaries is BT.2020, the only ones that BT.2100 has.
    matrix = _to_bt709(primaries if primaries in PRIMARIES else 9)
    shown = np.empty(signal.shape, np.uint8)
    for top in range(0, len(signal), _ROWS):  # a picture in 4K would take 500 MB at once
        light = _displayed_light(signal[top : top + _ROWS], transfer)
        converted = cv2.transform(_tone_mapped(light, peak), matrix)
        shown[top : top + _ROWS] = np.clip(converted, 0, 1) ** (1 / _DISPLAY_GAMMA) * 255 + 0.5
    return shown


def _displayed_light(signal: NDArray[np.uint16], transfer: int) -> Floats:
    """(h, w, 3) linear light, with the reference white at 1."""
    light: Floats = _light(transfer)[signal >> 4]
    if transfer == _HLG:
        light *= _system_gain(light)
    return light


@lru_cache(maxsize=3)
def _light(transfer: int) -> Floats:
    """Light for every code, with the reference white at 1; for HLG that of the scene in [0, 1]."""
    code = np.arange(_CODES) / (_CODES - 1)
    if transfer == _PQ:  # SMPTE ST 2084
        powered = code ** (1 / 78.84375)
        ratio = np.maximum(powered - 0.8359375, 0) / (18.8515625 - 18.6875 * powered)
        light = 10_000 / _REFERENCE_WHITE * ratio ** (1 / 0.1593017578125)
    elif transfer == _HLG:  # ARIB STD-B67
        bright = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(code <= 0.5, code**2 / 3, bright)
    else:
        light = code**_DISPLAY_GAMMA
    return np.asarray(light, np.float32)


def _system_gain(scene: Floats) -> Floats:
    """What makes displayed light of the light of a scene in HLG (BT.2100, table 5): (h, w, 1)."""
    luma = np.maximum(scene @ _BT2020_LUMA, 1e-6)
    gain = _HLG_PEAK / _REFERENCE_WHITE * luma ** (_HLG_GAMMA - 1)
    return np.asarray(gain[..., None], np.float32)


def _tone_mapped(light: Floats, peak: float) -> Floats:
    """Bend the light above the knee so that ``peak``, the brightest of the frame, becomes white.

    This is the extended curve of Reinhard et al. (2002) between the knee and white, on the
    strongest of the three channels, so that hues stay. A frame without light above white is
    left as it is.
    """
    if peak <= 1:
        return light
    red, green, blue = (light[..., channel] for channel in range(3))
    strongest = np.maximum(np.maximum(red, green), blue)  # 8 times as fast as max(axis=2)
    steps = np.asarray(np.minimum(strongest / peak, 1) * (_STEPS - 1), np.uint16)
    light *= _gains(peak)[steps][..., None]
    return light


@lru_cache(maxsize=1)
def _gains(peak: float) -> Floats:
    """What light is multiplied by: one value for each of ``_STEPS`` from 0 to ``peak``."""
    strongest = np.linspace(0, peak, _STEPS)
    above = np.maximum(strongest - _KNEE, 0) / (1 - _KNEE)
    brightest = (peak - _KNEE) / (1 - _KNEE)
    bent = _KNEE + (1 - _KNEE) * above * (1 + above / brightest**2) / (1 + above)
    gains = np.where(strongest > _KNEE, bent / np.maximum(strongest, _KNEE), 1)
    return np.asarray(gains, np.float32)


@lru_cache(maxsize=4)
def _to_bt709(primaries: int) -> Floats:
    """The matrix from linear light of one set of primaries to that of BT.709."""
    matrix = np.linalg.inv(_to_xyz(_BT709)) @ _to_xyz(PRIMARIES[primaries])
    return np.asarray(matrix, np.float32)


def _to_xyz(space: tuple[float, ...]) -> NDArray[np.float64]:
    """Linear light to CIE XYZ, for white, red, green and blue as x, y (SMPTE RP 177)."""
    corners = np.array(
        [[x / y, 1, (1 - x - y) / y] for x, y in zip(space[::2], space[1::2], strict=True)]
    )
    white, primaries = corners[0], corners[1:].T
    scaled: NDArray[np.float64] = primaries * np.linalg.solve(primaries, white)
    return scaled
