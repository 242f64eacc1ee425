from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from core.errors import BundleInvalid
from tests.training.export.onnx.onnx_models import Network
from training.export.onnx.external import external_files
from training.export.onnx.file import read_onnx


def _outside(folder: Path, location: str, network: Network | None = None) -> Path:
    """A model whose weights are said to be in ``location``; they are in w.data."""
    file = (network or Network()).save(
        folder / "net.onnx", save_as_external_data=True, location="w.data", size_threshold=0
    )
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    file.write_bytes(model.SerializeToString())
    return file


def test_a_model_with_its_weights_inside_needs_no_other_file(tmp_path: Path) -> None:
    assert external_files(Network().save(tmp_path / "net.onnx")) == []
    (tmp_path / "empty.onnx").touch()
    assert external_files(tmp_path / "empty.onnx") == []


def test_one_file_for_each_tensor_is_found(tmp_path: Path) -> None:
    file = Network().save(
        tmp_path / "net.onnx",
        save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0,
    )  # fmt: skip
    names = [each.name for each in external_files(file)]
    assert names == ["bias", "mix", "places", "sides"]


def test_a_long_name_is_read_whole(tmp_path: Path) -> None:
    name = "w" * 200 + ".data"  # its length takes two bytes
    file = _outside(tmp_path, name)
    (tmp_path / name).touch()
    assert external_files(file) == [tmp_path / name]


@pytest.mark.parametrize("location", ["../w.data", "/etc/passwd", "below/../../w.data"])
def test_weights_outside_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    file = _outside(tmp_path, location)
    with pytest.raises(BundleInvalid, match=f"weights in '{location}', which is outside"):
        external_files(file)


@pytest.mark.parametrize("link", ["w.data", "below"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, link: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    file = _outside(folder, "w.data" if link == "w.data" else "below/w.data")
    (folder / "w.data").rename(tmp_path / "w.data")
    (folder / link).symlink_to(tmp_path / "w.data" if link == "w.data" else tmp_path)
    with pytest.raises(BundleInvalid, match="which is outside its folder"):
        external_files(file)


def test_a_place_that_is_told_before_it_is_named_is_not_read_outside_either(
    tmp_path: Path,
) -> None:
    """Protobuf takes the fields of an entry in any order; then OpenVINO has to refuse it."""
    folder = tmp_path / "model"
    folder.mkdir()
    file = _outside(folder, "../w.data")
    (folder / "w.data").rename(tmp_path / "w.data")
    told = file.read_bytes()
    ordered = b"\x0a\x08location\x12\x09../w.data"
    assert ordered in told
    file.write_bytes(told.replace(ordered, ordered[10:] + ordered[:10]))
    with pytest.raises(BundleInvalid, match="outside the base directory"):
        read_onnx(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = _outside(tmp_path, "net.onnx_data")
    with pytest.raises(BundleInvalid, match=r"weights in 'net\.onnx_data', which is not in"):
        external_files(file)


def test_an_entry_of_that_name_in_the_notes_of_a_model_is_no_file(tmp_path: Path) -> None:
    file = Network().save(tmp_path / "net.onnx")
    model = onnx.load(file)
    onnx.helper.set_model_props(model, {"location": "somewhere"})
    onnx.save(model, file)
    assert external_files(file) == []
