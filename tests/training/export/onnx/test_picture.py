from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from core.errors import BundleInvalid
from core.model.preprocess import Scaling
from tests.training.export.onnx.onnx_models import save
from tests.training.export.onnx.requests import request
from training.export.onnx.file import read_onnx
from training.export.onnx.picture import Picture, read_picture
from training.export.onnx.request import Normalization

Shape = tuple[int | str, ...]


def _read(
    folder: Path, shape: Shape | None, element: int = TensorProto.FLOAT, **stated: Any
) -> Picture:
    file = folder / "net.onnx"
    nodes = [helper.make_node("Identity", ["picture"], ["answer"])]
    save(file, nodes, {}, shape, element=element)  # type: ignore[arg-type] # None: no shape at all
    return read_picture(read_onnx(file), request(file, **stated))


@pytest.mark.parametrize(
    ("shape", "layout", "size", "batch"),
    [
        (("n", 3, 64, 64), "nchw", 64, None),
        ((1, 48, 48, 3), "nhwc", 48, 1),
        ((8, 3, "h", 96), "nchw", 96, 8),
        (("n", "c", 64, 64), "nchw", 64, None),  # 64 colours there are none
    ],
)
def test_layout_size_and_batch_are_read_off_the_shape(
    tmp_path: Path, shape: Shape, layout: str, size: int, batch: int | None
) -> None:
    assert _read(tmp_path, shape) == Picture(layout, size, batch, "rgb", "f32")  # type: ignore[arg-type]


def test_an_open_size_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match="any size; state one with --input-size"):
        _read(tmp_path, ("n", 3, "h", "w"))
    assert _read(tmp_path, ("n", 3, "h", "w"), input_size=160).size == 160


@pytest.mark.parametrize("shape", [("n", "a", "b", "c"), ("n", 3, "h", 3), None])
def test_an_open_layout_is_asked_for_with_its_choices(tmp_path: Path, shape: Shape | None) -> None:
    with pytest.raises(BundleInvalid, match=r"--layout: nchw \(.*\) or nhwc \("):
        _read(tmp_path, shape, input_size=64)
    if shape != ("n", 3, "h", 3):
        picture = _read(tmp_path, shape, input_size=64, layout="nhwc")
        assert picture.shape(-1) == [-1, 64, 64, 3]
        assert picture.shape(2) == [2, 64, 64, 3]


def test_the_order_of_the_colours_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match=r"--channel-order: rgb \(.*\) or bgr"):
        _read(tmp_path, ("n", 3, 64, 64), channel_order=None)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"layout": "nhwc"}, r"--layout nhwc contradicts .* \(\?, 3, 64, 64\) is nchw"),
        ({"input_size": 32}, "--input-size 32 contradicts the model: it takes 64 x 64"),
    ],
)
def test_what_is_stated_may_not_contradict_the_file(
    tmp_path: Path, stated: dict[str, Any], told: str
) -> None:
    with pytest.raises(BundleInvalid, match=told):
        _read(tmp_path, ("n", 3, 64, 64), **stated)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((3, 64, 64), "which is 3 dimensions; 4 are needed"),
        (("n", 3, 8, 64, 64), r"\(\?, 3, 8, 64, 64\), which is 5 dimensions"),
        (("n", 1, 64, 64), "no dimension of 3 is that of the colours"),
        (("n", 3, 64, 48), "pictures of 64 x 48 pixels; square ones are needed"),
    ],
)
def test_shapes_of_no_square_colour_picture_are_refused(
    tmp_path: Path, shape: Shape, told: str
) -> None:
    with pytest.raises(BundleInvalid, match=told):
        _read(tmp_path, shape)


def test_bytes_come_unscaled_and_whole_numbers_are_refused(tmp_path: Path) -> None:
    shape = ("n", 3, 64, 64)
    normalized = Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    for scaling in (Scaling.UNIT, normalized):
        with pytest.raises(BundleInvalid, match=r"takes bytes \(uint8\).*--scaling raw"):
            _read(tmp_path, shape, TensorProto.UINT8, scaling=scaling)
    assert _read(tmp_path, shape, TensorProto.UINT8, scaling=Scaling.RAW).element == "u8"
    with pytest.raises(BundleInvalid, match="inputs of type i64"):
        _read(tmp_path, shape, TensorProto.INT64)
