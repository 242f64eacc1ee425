"""What an ONNX file does not say about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.model.preprocess import Scaling
from training.export.stated import Stated

Layout = Literal["nchw", "nhwc"]
ChannelOrder = Literal["rgb", "bgr"]
Colour = tuple[float, float, float]  # red, green, blue


@dataclass(frozen=True, slots=True)
class Normalization:
    """(x - mean) / std of pixels in [0, 1], as torchvision's ``Normalize`` does."""

    mean: Colour
    std: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxRequest(Stated):
    """What the user states; a None is read from the file, or asked for where it does not say."""

    scaling: Scaling | Normalization
    channel_order: ChannelOrder | None = None
    layout: Layout | None = None
    output_name: str | None = None
