from __future__ import annotations

import contextlib
import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BundleInvalid
from tests.training.networks.torch_files import Call, tensor, write_checkpoint
from training.networks.torch_checkpoint import read_checkpoint

WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3)
COUNT = np.array(7, np.int64)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    state = OrderedDict(weight=tensor("0", WEIGHT), count=tensor("1", COUNT))
    write_checkpoint(tmp_path / "good.pth", state, {"0": WEIGHT, "1": COUNT})
    return tmp_path / "good.pth"


def test_tensors_come_back_with_shape_and_dtype(checkpoint: Path) -> None:
    found = read_checkpoint(checkpoint)
    np.testing.assert_array_equal(found["weight"], WEIGHT)
    assert found["weight"].dtype == np.float32
    assert found["count"] == 7


def test_a_file_that_calls_anything_else_is_refused_and_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    state = {"weight": Call("os", "mkdir", str(mark))}
    write_checkpoint(tmp_path / "evil.pth", state, {})
    with pytest.raises(BundleInvalid, match=r"os\.mkdir"):
        read_checkpoint(tmp_path / "evil.pth")
    assert not mark.exists()


def test_a_call_in_the_very_first_pickle_is_refused_too(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(BundleInvalid, match="not allowed"):
        read_checkpoint(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    long = tensor("0", np.zeros((4, 3), np.float32))
    long.arguments[0].values = WEIGHT.reshape(-1)
    write_checkpoint(tmp_path / "long.pth", {"weight": long}, {"0": WEIGHT})
    with pytest.raises(BundleInvalid, match="beyond its storage"):
        read_checkpoint(tmp_path / "long.pth")


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_raises_bundle_invalid_or_reads(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.pth"
        state = OrderedDict(weight=tensor("0", WEIGHT))
        write_checkpoint(path, state, {"0": WEIGHT})
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
        with contextlib.suppress(BundleInvalid):
            read_checkpoint(path)
