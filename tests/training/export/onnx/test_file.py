from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from core.errors import BundleInvalid
from core.model.bundle import sha256_of
from tests.training.export.onnx.onnx_models import SIZE, Network, save
from training.export.onnx import file as onnx_file
from training.export.onnx.file import hashes, read_onnx

_SHAPE = ("n", 3, SIZE, SIZE)


def test_a_file_that_was_cut_off_is_refused_as_such(tmp_path: Path) -> None:
    whole = Network().save(tmp_path / "net.onnx").read_bytes()
    cut = tmp_path / "cut.onnx"
    for length in (len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(BundleInvalid, match=r"cut\.onnx cannot be imported: it .*cut off"):
            read_onnx(cut)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" * 9, b"PK\x03\x04" * 9, b"hello" * 9])
def test_files_of_other_kinds_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(BundleInvalid, match="cannot be imported") as caught:
        read_onnx(file)
    assert "\n" not in caught.value.message


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.touch()
    with pytest.raises(BundleInvalid, match=r"net\.onnx is empty \(0 bytes\)"):
        read_onnx(file)


def test_a_file_larger_than_protobuf_allows_names_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Network().save(tmp_path / "net.onnx")
    size = file.stat().st_size
    monkeypatch.setattr(onnx_file, "_LARGEST", size - 1)
    with pytest.raises(BundleInvalid, match=rf"has {size} bytes; an ONNX file ends at {size - 1}"):
        read_onnx(file)
    monkeypatch.setattr(onnx_file, "_LARGEST", size)
    read_onnx(file)


@pytest.mark.parametrize(("domain", "told"), [("my.ops", r"my\.ops\.Frob"), ("", "Frob-17")])
def test_an_operator_that_openvino_lacks_is_named(tmp_path: Path, domain: str, told: str) -> None:
    nodes = [helper.make_node("Frob", ["picture"], ["answer"], domain=domain)]
    save(tmp_path / "net.onnx", nodes, {}, _SHAPE)
    with pytest.raises(BundleInvalid, match=rf"has no rule for its operators {told}"):
        read_onnx(tmp_path / "net.onnx")


def test_two_inputs_are_refused_by_name(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["picture", "depth"], ["answer"])]
    save(tmp_path / "net.onnx", nodes, {}, _SHAPE, inputs=("picture", "depth"))
    with pytest.raises(BundleInvalid, match=r"has 2 inputs \(picture, depth\)"):
        read_onnx(tmp_path / "net.onnx")


def test_of_several_outputs_the_user_chooses_one(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["features"], axes=[2, 3], keepdims=0),
        helper.make_node("Sigmoid", ["features"], ["answer"]),
    ]
    file = tmp_path / "net.onnx"
    save(file, nodes, {}, _SHAPE, outputs=("features", "answer"))
    with pytest.raises(BundleInvalid, match=r"2 outputs.*--output-name: features, answer"):
        read_onnx(file)
    with pytest.raises(
        BundleInvalid, match="no output --output-name other; it has features, answer"
    ):
        read_onnx(file, "other")
    (chosen,) = read_onnx(file, "features").outputs
    assert "features" in chosen.get_names()


def test_weights_beside_the_file_are_read_and_hashed(tmp_path: Path) -> None:
    file = Network().save(
        tmp_path / "net.onnx", save_as_external_data=True, location="w.data", size_threshold=0
    )
    weights = tmp_path / "w.data"
    assert hashes(file) == {"net.onnx": sha256_of(file), "w.data": sha256_of(weights)}
    read_onnx(file)
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(BundleInvalid, match="shorter than it says"):
        read_onnx(file)
    weights.unlink()
    with pytest.raises(BundleInvalid, match=re.escape(f"'w.data', which is not in {tmp_path}")):
        read_onnx(file)


def test_constants_alone_are_no_input(tmp_path: Path) -> None:
    nodes = [helper.make_node("Sigmoid", ["fixed"], ["answer"])]
    save(tmp_path / "net.onnx", nodes, {"fixed": np.ones((1, 1), np.float32)}, (), inputs=())
    with pytest.raises(BundleInvalid, match=r"has 0 inputs \(none\)"):
        read_onnx(tmp_path / "net.onnx")


@pytest.mark.parametrize("sides", [(2**31, 2**31), (2**40,), (-1, 4)], ids=str)
def test_a_tensor_that_is_larger_than_its_bytes_is_refused(
    tmp_path: Path, sides: tuple[int, ...]
) -> None:
    file = Network().save(tmp_path / "net.onnx")
    model = onnx.load(file)
    for tensor in model.graph.initializer:
        if tensor.name == "mix":
            del tensor.dims[:]
            tensor.dims.extend(sides)
    file.write_bytes(model.SerializeToString())
    with pytest.raises(BundleInvalid, match="cannot be imported"):
        read_onnx(file)
