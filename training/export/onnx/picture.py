"""The picture that an ONNX model takes: where its channels are, its side and its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import BundleInvalid
from core.model.preprocess import Scaling
from training.export.onnx.request import ChannelOrder, Layout, Normalization, OnnxRequest

_FLOATS = frozenset({"f16", "bf16", "f32", "f64"})
_BYTES = "u8"
_LAYOUTS = "nchw (batch, 3, height, width; PyTorch) or nhwc (batch, height, width, 3; TensorFlow)"


@dataclass(frozen=True, slots=True)
class Picture:
    """The input of a model: (batch, 3, size, size) or (batch, size, size, 3)."""

    layout: Layout
    size: int  # pixels a side
    batch: int | None  # pictures at once; None where the file leaves it open
    channel_order: ChannelOrder
    element: str  # OpenVINO's name of the type, such as f32

    def shape(self, batch: int) -> list[int]:
        """The shape of ``batch`` pictures; -1 leaves their number open."""
        sides = [self.size, self.size]
        return [batch, 3, *sides] if self.layout == "nchw" else [batch, *sides, 3]


def read_picture(model: Any, request: OnnxRequest) -> Picture:
    """What ``model``, an ``ov.Model`` with one input, takes.

    Raises :class:`BundleInvalid` when it takes no square picture of three channels, when the
    request contradicts it, or when neither says what is needed.
    """
    port = model.input(0)
    element = _element(port, request)
    dims = _dimensions(port.get_partial_shape())
    layout = _layout(dims, request.layout)
    sides = dims[2:] if layout == "nchw" else dims[1:3]
    size = request.agreed_size(_side(sides))
    if request.channel_order is None:
        raise BundleInvalid(
            "An ONNX file does not say the order of its colours; state it with --channel-order: "
            "rgb (Pillow, torchvision) or bgr (trained on what cv2.imread gives)."
        )
    return Picture(layout, size, dims[0], request.channel_order, element)


def _element(port: Any, request: OnnxRequest) -> str:
    element = str(port.get_element_type().get_type_name())
    if element == _BYTES:
        if isinstance(request.scaling, Normalization) or request.scaling is not Scaling.RAW:
            raise BundleInvalid(
                "The model takes bytes (uint8), so it scales them itself: import it with "
                "--scaling raw."
            )
    elif element not in _FLOATS:
        raise BundleInvalid(
            f"The model takes inputs of type {element}; floating-point numbers or bytes (u8) "
            "are needed."
        )
    return element


def _dimensions(shape: Any) -> tuple[int | None, ...]:
    if shape.rank.is_dynamic:
        return (None, None, None, None)
    dims = tuple(int(d.get_length()) if d.is_static else None for d in shape)
    if len(dims) != 4:
        raise BundleInvalid(
            f"The model takes inputs of shape {_shown(dims)}, which is {len(dims)} dimensions; "
            "4 are needed: (batch, 3, height, width) or (batch, height, width, 3)."
        )
    return dims


def _layout(dims: Sequence[int | None], stated: Layout | None) -> Layout:
    places: list[tuple[Layout, int | None]] = [("nchw", dims[1]), ("nhwc", dims[3])]
    certain = [layout for layout, channels in places if channels == 3]
    candidates = certain or [layout for layout, channels in places if channels is None]
    if not candidates:
        raise BundleInvalid(
            f"The model takes inputs of shape {_shown(dims)}, where no dimension of 3 is that of "
            "the colours; pictures of three channels are needed."
        )
    if len(candidates) == 1 and stated not in {None, candidates[0]}:
        raise BundleInvalid(
            f"--layout {stated} contradicts the model: its input of shape {_shown(dims)} is "
            f"{candidates[0]}."
        )
    if len(candidates) > 1 and stated is None:
        raise BundleInvalid(
            f"The input of shape {_shown(dims)} does not say where the colours are; state it "
            f"with --layout: {_LAYOUTS}."
        )
    return stated or candidates[0]


def _side(sides: Sequence[int | None]) -> int | None:
    fixed = {side for side in sides if side is not None}
    if len(fixed) > 1:
        raise BundleInvalid(
            f"The model takes pictures of {sides[0]} x {sides[1]} pixels; square ones are needed."
        )
    return next(iter(fixed), None)


def _shown(dims: Sequence[int | None]) -> str:
    return "(" + ", ".join("?" if d is None else str(d) for d in dims) + ")"
