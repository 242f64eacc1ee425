from __future__ import annotations

import subprocess
import sys

import pytest

IMPORTED = """
import sys, threading
import {module}
import openvino
assert "openvino.tools.ovc.telemetry_stub" in sys.modules
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
assert threading.active_count() == 1, threading.enumerate()
"""
SIGNALLED = """
import gc, os, signal
import numpy as np
from core.faces.detector import load_face_detector
from core.model import runtimes
from core.model.bundle import find_bundle, load_bundle

faces = load_face_detector()
faces.detect(np.zeros((64, 64, 3), np.uint8))
detector = runtimes.load_detector(load_bundle(find_bundle(None)), runtime="openvino-int8")
del faces
gc.collect()
del detector
gc.collect()
signal.signal(signal.SIGINT, lambda *_: print("heard"))
os.kill(os.getpid(), signal.SIGINT)
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", ["core.faces.network", "core.model.runtimes.openvino"])
def test_importing_openvino_sends_nothing(module: str) -> None:
    done = _run(IMPORTED.format(module=module))
    assert done.returncode == 0, done.stderr


def test_a_signal_is_heard_after_networks_are_gone() -> None:
    done = _run(SIGNALLED)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr
