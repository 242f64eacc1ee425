from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.model.runtimes import quiet


def test_tensorflow_is_imported_and_used_without_a_line_of_its_own() -> None:
    pytest.importorskip("tensorflow")
    code = "from core.model.runtimes.quiet import import_tensorflow\nimport_tensorflow()\n"
    code += "import tensorflow as tf\ntf.constant(1)\ntf.config.list_physical_devices('GPU')"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stderr == ""


def test_lines_of_others_are_written_when_the_import_is_done(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with quiet._without_noise():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called\n")
        os.write(2, b"I0000 00:00:1.2 3 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"E0000 00:00:1.2 3 cuda.cc:1] the driver is too old\nours\n")
    assert capfd.readouterr().err == "E0000 00:00:1.2 3 cuda.cc:1] the driver is too old\nours\n"


def test_an_import_that_fails_hides_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        os.write(2, b"I0000 00:00:1.2 3 loader.cc:1] looking for libcudart\n")
        raise ImportError(name)

    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(quiet, "import_module", fail)
    with pytest.raises(ImportError, match="tensorflow"):
        quiet.import_tensorflow()
    assert "looking for libcudart" in capfd.readouterr().err
