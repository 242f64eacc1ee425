"""HDR signals of an SDR picture: BT.2020 primaries with the PQ or HLG transfer of BT.2100.

The picture's white is put at 203 cd/m2, the reference white of BT.2408, so that a correct tone
map gives about the SDR picture back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.media.scene import Pixels

SDR, PQ, HLG = 14, 16, 18  # transfer characteristics of ITU-T H.273
_WHITE_NITS = 203.0
_HLG_PEAK_NITS, _HLG_GAMMA = 1000.0, 1.2
_BT2020_OF_BT709 = np.array(  # BT.2087
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)
_LUMA = np.array([0.2627, 0.6780, 0.0593])


def signal(pixels: Pixels, transfer: int) -> NDArray[np.uint16]:
    """(h * 3 / 2, w) planes of yuv420p10le in limited range, as PyAV takes them."""
    nits = (pixels / 255.0) ** 2.4 @ _BT2020_OF_BT709.T * _WHITE_NITS
    coded = {SDR: _sdr, PQ: _pq, HLG: _hlg}[transfer](nits)
    luma = coded @ _LUMA
    blue = (coded[..., 2] - luma) / 1.8814
    red = (coded[..., 0] - luma) / 1.4746
    planes = [64 + 876 * luma, *(512 + 896 * _halved(chroma) for chroma in (blue, red))]
    flat = np.concatenate([plane.ravel() for plane in planes])
    height, width = luma.shape
    return np.round(flat).astype(np.uint16).reshape(height * 3 // 2, width)


def _sdr(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    coded: NDArray[np.float64] = (np.clip(nits, 0, None) / _WHITE_NITS) ** (1 / 2.4)
    return coded


def _pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    powered = (np.clip(nits, 0, None) / 10_000) ** 0.1593017578125
    result: NDArray[np.float64] = (
        (0.8359375 + 18.8515625 * powered) / (1 + 18.6875 * powered)
    ) ** 78.84375
    return result


def _hlg(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    display = np.clip(nits, 0, None) / _HLG_PEAK_NITS
    luma = np.maximum(display @ _LUMA, 1e-6)[..., None]
    scene = luma ** ((1 - _HLG_GAMMA) / _HLG_GAMMA) * display
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    coded: NDArray[np.float64] = np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)
    return coded


def _halved(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = plane.shape
    result: NDArray[np.float64] = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return result
