"""The face network: its file, its canvases, its threads."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.faces.detector import MODEL_PATH, MODEL_SHA256
from core.faces.network import FaceNetwork

# In a process of its own, in which nobody has given OpenVINO an array before.
FIRST_CALLS = """
import os, sys, threading
import numpy as np
from core.faces.network import FaceNetwork
from core.faces.detector import MODEL_PATH, MODEL_SHA256

network = FaceNetwork(MODEL_PATH, sha256=MODEL_SHA256, threads=1)
compiled = network._for((32, 32))
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)

def call():
    request = compiled.create_infer_request()
    together.wait()
    request.infer([np.zeros((1, 32, 32, 3), np.uint8)])

threads = [threading.Thread(target=call) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("answered", flush=True)
os._exit(0)
"""


def test_the_first_calls_of_a_process_may_come_from_several_threads_at_once() -> None:
    command = [sys.executable, "-c", FIRST_CALLS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "answered\n", done.stderr


def test_a_model_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not the model")
    with pytest.raises(ModelError, match="sha256"):
        FaceNetwork(tmp_path / "model.onnx", sha256=MODEL_SHA256)


def test_a_model_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        FaceNetwork(tmp_path / "model.onnx", sha256=MODEL_SHA256)


@pytest.mark.parametrize("canvas", [(64, 96), (96, 64), (32, 32)])
def test_every_canvas_gets_maps_of_a_quarter_of_its_sides(canvas: tuple[int, int]) -> None:
    network = FaceNetwork(MODEL_PATH, sha256=MODEL_SHA256)
    cells = (canvas[0] // 4, canvas[1] // 4)
    for _ in range(2):
        heat, size, offset, points = network(np.zeros((1, *canvas, 3), np.uint8))
        assert (heat.shape, size.shape, offset.shape) == ((1, *cells), (2, *cells), (2, *cells))
        assert points.shape == (10, *cells)
        assert 0 <= heat.min() <= heat.max() <= 1


def test_a_canvas_that_several_threads_need_at_once_is_compiled_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = FaceNetwork(MODEL_PATH, sha256=MODEL_SHA256)
    compiled: list[tuple[int, int]] = []
    compile_it = network._compile

    def counting(canvas: tuple[int, int]) -> object:
        compiled.append(canvas)
        return compile_it(canvas)

    monkeypatch.setattr(network, "_compile", counting)
    with ThreadPoolExecutor(4) as pool:
        batches = [np.zeros((1, 32, side, 3), np.uint8) for side in (32, 64, 32, 64, 32, 64)]
        list(pool.map(network, batches))
    assert sorted(compiled) == [(32, 32), (32, 64)]
