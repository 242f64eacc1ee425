"""A service that looks at faces tells nobody that it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
import {module}
import openvino
assert "openvino.tools.ovc.telemetry_stub" in sys.modules
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
assert threading.active_count() == 1, threading.enumerate()
"""


@pytest.mark.parametrize(
    "module",
    ["core.faces.network", "core.model.runtimes.openvino", "worker.resources", "deepfake.cli"],
)  # fmt: skip
def test_importing_openvino_sends_nothing(module: str) -> None:
    code = PROGRAM.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
