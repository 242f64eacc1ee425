"""A heat map over a face crop, as a picture.

**Red raises P(fake), blue lowers it; where the crop shows through, nothing was added.** The
colours diverge from a neutral zero and are full at a stated number of logits, so that a map
that hardly matters stays pale instead of being stretched to look like evidence. One logit
turns odds of 1 : 1 into 2.7 : 1.

A map says what the network looked at, not what is wrong with the face.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia

Encoding = Literal["png", "jpeg"]

RAISES, LOWERS = (214, 39, 40), (31, 88, 200)  # RGB; told apart by the colour-blind too
OPACITY = 0.65  # of a full colour: the face below stays visible
LEAST_LIMIT = 1.0  # logits of a full colour at least
LAYER_SIDE = 64  # pixels: the maps have 7 to 12 places a side, and browsers enlarge smoothly
_SIDE = 320  # pixels of each picture of a row
_LEGEND = 56
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def scale_of(heat: NDArray[np.float32]) -> float:
    """The logits at which a colour is full: the strongest place, ``LEAST_LIMIT`` at least."""
    return max(LEAST_LIMIT, float(np.abs(heat).max()))


def overlay(
    crop: NDArray[np.uint8], heat: NDArray[np.float32], *, limit: float | None = None
) -> NDArray[np.uint8]:
    """Colour a crop by its map.

    Parameters
    ----------
    crop
        (height, width, 3) uint8 RGB.
    heat
        (h, w) float32, logits that each place adds; enlarged bilinearly.
    limit
        Logits of a full colour, above 0; None takes :func:`scale_of`.

    Returns
    -------
    NDArray
        (height, width, 3) uint8 RGB; the crop itself wherever the map is 0.
    """
    if crop.ndim != 3 or crop.dtype != np.uint8 or heat.ndim != 2:
        raise ValueError(f"expected (h, w, 3) uint8 and (h, w), got {crop.shape} and {heat.shape}")
    limit = scale_of(heat) if limit is None else limit
    if not limit > 0:
        raise ValueError(f"limit is {limit}; logits above 0 are needed")
    height, width = crop.shape[:2]
    smooth = cv2.resize(np.asarray(heat, np.float32), (width, height))
    return _blend(crop, np.clip(smooth / limit, -1, 1))


def layer(heat: NDArray[np.float32], *, limit: float) -> bytes:
    """A map alone, to be laid over a crop of any size: a small transparent PNG, RGBA.

    ``heat`` is (h, w) float32 in logits, of which ``limit``, above 0, has the full colour.
    """
    smooth = cv2.resize(np.asarray(heat, np.float32), (LAYER_SIDE, LAYER_SIDE))
    strength = np.clip(smooth / limit, -1, 1)
    rgba = np.empty((LAYER_SIDE, LAYER_SIDE, 4), np.uint8)
    rgba[..., :3] = np.where((strength > 0)[..., None], np.asarray(RAISES), np.asarray(LOWERS))
    rgba[..., 3] = np.rint(255 * OPACITY * np.abs(strength))
    done, buffer = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    if not done:
        raise UnreadableMedia(f"A heat map of shape {heat.shape} could not be encoded.")
    return buffer.tobytes()


def render(
    crop: NDArray[np.uint8],
    heat: NDArray[np.float32],
    *,
    title: str = "",
    limit: float | None = None,
    encoding: Encoding = "png",
) -> bytes:
    """The crop, the crop under its map, and a legend in logits: a PNG or JPEG file."""
    limit = scale_of(heat) if limit is None else limit
    face = np.asarray(cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    row = np.hstack([face, overlay(face, heat, limit=limit)])
    return encode(np.vstack([row, legend(row.shape[1], limit, title)]), encoding)


def encode(pixels: NDArray[np.uint8], encoding: Encoding) -> bytes:
    """A picture file of (h, w, 3) uint8 RGB."""
    suffix = ".png" if encoding == "png" else ".jpg"
    done, buffer = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise UnreadableMedia(f"A picture of shape {pixels.shape} could not be encoded.")
    return buffer.tobytes()


def legend(width: int, limit: float, title: str = "") -> NDArray[np.uint8]:
    """A bar from blue (lowers P(fake)) over white to red (raises it): (56, width, 3) uint8."""
    strip = np.full((_LEGEND, width, 3), 255, np.uint8)
    left, right = width // 4, width - width // 4
    ramp = np.tile(np.linspace(-1, 1, right - left, dtype=np.float32), (12, 1))
    strip[10:22, left:right] = _blend(strip[10:22, left:right], ramp)
    _write(strip, f"-{limit:.1f}: less fake", (6, 20))
    _write(strip, f"+{limit:.1f}: more fake", (right + 6, 20))
    _write(strip, title or "logits that each place adds", (6, 46))
    return strip


def _blend(pixels: NDArray[np.uint8], strength: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Mix colours into (h, w, 3) by ``strength`` (h, w) in [-1, 1]."""
    colour = np.where((strength > 0)[..., None], np.asarray(RAISES), np.asarray(LOWERS))
    alpha = OPACITY * np.abs(strength)[..., None]
    return np.asarray(np.rint(pixels * (1 - alpha) + colour * alpha), np.uint8)


def _write(strip: NDArray[np.uint8], text: str, at: tuple[int, int]) -> None:
    cv2.putText(strip, text, at, _FONT, 0.42, (30, 30, 30), 1, cv2.LINE_AA)
