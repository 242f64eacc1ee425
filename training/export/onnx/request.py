"""What an ONNX file does not say about itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.model.preprocess import Scaling
from core.model.rules import Thresholds

Layout = Literal["nchw", "nhwc"]
ChannelOrder = Literal["rgb", "bgr"]
Colour = tuple[float, float, float]  # red, green, blue


@dataclass(frozen=True, slots=True)
class Normalization:
    """(x - mean) / std of pixels in [0, 1], as torchvision's ``Normalize`` does."""

    mean: Colour
    std: Colour


@dataclass(frozen=True, slots=True)
class OnnxRequest:
    """What the user states; a None is read from the file, or asked for where it does not say."""

    file: Path
    name: str
    version: str
    positive_class: Literal["fake", "real"]  # what a high output, or the second of two, means
    scaling: Scaling | Normalization
    thresholds: Thresholds
    channel_order: ChannelOrder | None = None
    classes: int | None = None  # how many outputs the user named; None where none was named
    layout: Layout | None = None
    input_size: int | None = None  # pixels a side
    output: Literal["probability", "logit"] | None = None
    output_name: str | None = None
    data: str = "not stated"
    licence: str = "not stated"
    source: str = "not stated"
